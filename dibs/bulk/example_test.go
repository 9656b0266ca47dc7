package bulk_test

import (
	"fmt"
	"log"
	"strings"
	"time"

	"flexform/dibs/bulk"
	"flexform/money"
)

// What was sent decides how the response is read: every row gets an answer,
// and what the response leaves out stays unknown.
func ExampleFile_ReadResponse() {
	amount, err := money.Parse("50.00 DKK")
	if err != nil {
		log.Fatal(err)
	}
	file := bulk.NewFile(bulk.Refund, []bulk.Row{
		{Transact: "11111111", OrderID: "11223344", Amount: amount},
		{Transact: "11111112", OrderID: "11223345", Amount: amount},
		{Transact: "11111113", OrderID: "11223346", Amount: amount},
	})
	day := bulk.DayOf(time.Date(2026, time.November, 21, 9, 0, 0, 0, time.UTC))
	name, err := bulk.Next(bulk.Refund, day, []string{"refund211126_01.txt", "refund211126_01.run"})
	if err != nil {
		log.Fatal(err)
	}
	rows, err := file.Encode()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n%s\n", name.File(bulk.RowsFile), strings.ReplaceAll(string(rows), "\r\n", "\n"))

	response, err := file.ReadResponse([]byte("CsvHeader: true\r\nNumberOfCsvRecords: 2\r\n\r\n" +
		`"transact","resultcode","orderid","actioncode","reason"` + "\r\n" +
		"11111111,0,11223344,,\r\n" +
		"11111113,7,11223346,d07,7\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range response.Answers {
		fmt.Printf("%s: %s %q\n", a.Row.Transact, a.Outcome, a.Why)
	}
	// Output:
	// refund211126_02.txt
	// CsvHeader: true
	// NumberOfCsvRecords: 3
	// ReturnReason: true
	// ReturnActionCode: true
	//
	// "transact","orderid","amount","currency"
	// 11111111,"11223344",5000,208
	// 11111112,"11223345",5000,208
	// 11111113,"11223346",5000,208
	//
	// 11111111: accepted ""
	// 11111112: unknown "the response has no row for it"
	// 11111113: declined ""
}
