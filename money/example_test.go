package money_test

import (
	"errors"
	"fmt"

	"flexform/money"
)

func ExampleParse() {
	amount, err := money.Parse("200.00 DKK")
	fmt.Println(amount, amount.Minor(), amount.Currency().Number(), err)

	_, err = money.Parse("200.005 DKK")
	fmt.Println(err)
	// Output:
	// 200.00 DKK 20000 208 <nil>
	// "200.005" has 3 decimals; DKK has 2: write digits with a decimal point, as in "200.00"
}

func ExampleNew() {
	for _, code := range []string{"JPY", "DKK", "KWD"} {
		c, _ := money.ParseCurrency(code)
		amount, _ := money.New(1234, c)
		fmt.Println(amount)
	}
	// Output:
	// 1234 JPY
	// 12.34 DKK
	// 1.234 KWD
}

func ExampleAmount_Add() {
	shoes, _ := money.Parse("150.00 DKK")
	socks, _ := money.Parse("49.95 DKK")
	fmt.Println(shoes.Add(socks))

	tea, _ := money.Parse("500 JPY")
	_, err := shoes.Add(tea)
	fmt.Println(err, errors.Is(err, money.ErrCurrencyMismatch))
	// Output:
	// 199.95 DKK <nil>
	// 150.00 DKK and 500 JPY: currencies differ true
}

func ExampleAmount_Sub() {
	captured, _ := money.Parse("200.00 DKK")
	refunded, _ := money.Parse("50.00 DKK")
	fmt.Println(captured.Sub(refunded))
	fmt.Println(refunded.Sub(captured))
	// Output:
	// 150.00 DKK <nil>
	// no amount 50.00 DKK - 200.00 DKK: amount below zero
}

func ExampleParseCurrency() {
	byLetters, _ := money.ParseCurrency("ISK")
	byNumber, _ := money.ParseCurrency("352")
	fmt.Println(byLetters == byNumber, byNumber.Code(), byNumber.Decimals())
	// Output: true ISK 0
}
