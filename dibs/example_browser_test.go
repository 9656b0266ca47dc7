package dibs_test

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"os"

	"flexform/dibs"
)

// The page that takes a customer's card. It goes to the gateway, not the shop.
func ExampleClient_ThreeDSecure() {
	client, err := dibs.New(dibs.Config{Merchant: "12345678", Key1: dibs.NewSecret(key1), Key2: dibs.NewSecret(key2)})
	if err != nil {
		fmt.Println(err)
		return
	}
	form, err := client.ThreeDSecure(dibs.ThreeDSecureRequest{
		Order:      dibs.Order{OrderID: "11223344", Amount: amount("20.00 DKK")},
		AcceptURL:  "https://shop.example/ok",
		DeclineURL: "https://shop.example/no",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	page := template.Must(template.New("pay").Parse(`<form method="post" action="{{.Action}}">
{{range .Fields}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">
{{end}}{{range .Inputs}}<input name="{{.}}" autocomplete="off">
{{end}}<button>Pay</button>
</form>
`))
	if err := page.Execute(os.Stdout, form); err != nil {
		fmt.Println(err)
	}
	// Output:
	// <form method="post" action="https://payment.architrade.com/cgi-ssl/3dsecure.cgi">
	// <input type="hidden" name="merchant" value="12345678">
	// <input type="hidden" name="orderid" value="11223344">
	// <input type="hidden" name="amount" value="2000">
	// <input type="hidden" name="currency" value="208">
	// <input type="hidden" name="accepturl" value="https://shop.example/ok">
	// <input type="hidden" name="declineurl" value="https://shop.example/no">
	// <input type="hidden" name="md5key" value="a23b8550ec293eda4d33bf32bb494ab3">
	// <input name="cardno" autocomplete="off">
	// <input name="expmon" autocomplete="off">
	// <input name="expyear" autocomplete="off">
	// <input name="cvc" autocomplete="off">
	// <button>Pay</button>
	// </form>
}

// A customer pays at the bank, and the shop believes it when the browser is
// back with the gateway's signature.
func ExampleClient_DanskeNet() {
	client, _, done := atSandbox()
	defer done()
	form, err := client.DanskeNet(dibs.BankRequest{
		OrderID: "11223344", Amount: amount("20.00 DKK"),
		AcceptURL: "https://shop.example/ok", DeclineURL: "https://shop.example/no", CancelURL: "https://shop.example/back",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	address, err := form.URL() // to redirect the customer to
	if err != nil {
		fmt.Println(err)
		return
	}
	back := atTheBank(address)

	returned, err := dibs.ParseCallback(&http.Request{Method: http.MethodGet, URL: back})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(returned.OrderID, returned.Status, client.VerifyCallback(returned, amount("20.00 DKK")))
	// Output: 11223344 captured (5) <nil>
}

// atTheBank plays a customer who opens address and accepts the payment, and
// returns where the browser is sent.
func atTheBank(address string) *url.URL {
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, err := browser.Get(address)
	if err != nil {
		panic(err)
	}
	page.Body.Close()
	u := *page.Request.URL
	u.Path, u.RawQuery = "/_bank/answer", ""
	answered, err := browser.PostForm(u.String(), url.Values{"transact": {"2800000001"}, "answer": {"accept"}})
	if err != nil {
		panic(err)
	}
	defer answered.Body.Close()
	back, err := answered.Location()
	if err != nil {
		panic(err)
	}
	return back
}
