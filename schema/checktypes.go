package schema

import (
	"sync"

	"github.com/zclconf/go-cty/cty"

	"flexform/money"
)

// ActionType is what a check knows of an action. All amounts are texts such as
// "200.00 DKK"; of a deletion, which has none, they are null.
func ActionType() cty.Type {
	return cty.Object(map[string]cty.Type{
		"address":    cty.String,
		"merchant":   cty.String, // its number at DIBS
		"transact":   cty.String,
		"orderid":    cty.String,
		"action":     cty.String, // "refund"
		"currency":   cty.String, // "" of a deletion
		"amount":     cty.String, // what the action moves or releases
		"authorised": cty.String,
		"from":       cty.String, // the total before and after
		"to":         cty.String,
		"attempt":    cty.Number,
		"class":      cty.String,
		"status":     cty.Number, // of FlexWin
		"reason":     cty.String,
		"earlier":    cty.String, // "" at the first attempt
		"capture":    cty.Bool,
	})
}

// PlanType is what a check knows of a plan.
func PlanType() cty.Type { return planType() }

// planType is made once: it has every currency in it.
var planType = sync.OnceValue(func() cty.Type {
	return cty.Object(map[string]cty.Type{
		"mode":    cty.String,
		"actions": cty.List(ActionType()),
		"totals":  totalsType(),
		"counts":  countsType(),
		"blocked": cty.List(BlockedType()),
		"notices": cty.List(NoticeType()),
	})
})

// BlockedType is what a check knows of a blocked transaction.
func BlockedType() cty.Type {
	return cty.Object(map[string]cty.Type{
		"address": cty.String, "merchant": cty.String, "transact": cty.String, "orderid": cty.String,
		"cause": cty.String, "detail": cty.String,
	})
}

// NoticeType is what a check knows of a notice.
func NoticeType() cty.Type {
	return cty.Object(map[string]cty.Type{"address": cty.String, "text": cty.String})
}

// TotalType is what a check knows of all actions of a kind in a currency.
func TotalType() cty.Type {
	return cty.Object(map[string]cty.Type{"count": cty.Number, "sum": cty.String, "largest": cty.String})
}

// totalsType has every currency and kind of action, those too that a plan has
// none of: plan.totals.DKK.refund.sum is never missing, only zero.
func totalsType() cty.Type {
	all := map[string]cty.Type{}
	for c := range PaidIn() {
		kinds := map[string]cty.Type{}
		for _, action := range limitable() {
			if action != moneyless {
				kinds[action] = TotalType()
			}
		}
		all[c.Code()] = cty.Object(kinds)
	}
	return cty.Object(all)
}

// countsType has every kind of action, over all currencies.
func countsType() cty.Type {
	kinds := map[string]cty.Type{}
	for _, action := range limitable() {
		kinds[action] = cty.Number
	}
	return cty.Object(kinds)
}

// PaidIn yields the currencies that can be paid in, by code.
func PaidIn() func(yield func(money.Currency) bool) {
	return func(yield func(money.Currency) bool) {
		for c := range money.Currencies() {
			if c.Decimals() >= 0 && !yield(c) {
				return
			}
		}
	}
}
