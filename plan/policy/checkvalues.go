package policy

import (
	"maps"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"flexform/money"
	"flexform/plan"
	"flexform/schema"
)

// planValue is what a plan does as the conditions of checks see it, a value of
// [schema.PlanType], and its actions one by one.
func planValue(b plan.Body) (whole cty.Value, actions []cty.Value) {
	blocked, notices := []cty.Value{}, []cty.Value{}
	for _, a := range b.Actions {
		actions = append(actions, actionValue(a))
	}
	for _, x := range b.Blocked {
		blocked = append(blocked, cty.ObjectVal(map[string]cty.Value{
			"address": cty.StringVal(x.Address), "merchant": cty.StringVal(x.Merchant), "transact": cty.StringVal(x.Transact),
			"orderid": cty.StringVal(x.OrderID), "cause": cty.StringVal(string(x.Cause)), "detail": cty.StringVal(x.Detail),
		}))
	}
	for _, n := range b.Notices {
		notices = append(notices, cty.ObjectVal(map[string]cty.Value{"address": cty.StringVal(n.Address), "text": cty.StringVal(n.Text)}))
	}
	totals, counts := sumValues(b.Summary)
	return cty.ObjectVal(map[string]cty.Value{
		"mode":    cty.StringVal(string(b.Mode)),
		"actions": listOf(actions, schema.ActionType()),
		"totals":  totals,
		"counts":  counts,
		"blocked": listOf(blocked, schema.BlockedType()),
		"notices": listOf(notices, schema.NoticeType()),
	}), actions
}

func listOf(values []cty.Value, t cty.Type) cty.Value {
	if len(values) == 0 {
		return cty.ListValEmpty(t)
	}
	return cty.ListVal(values)
}

func actionValue(a plan.Action) cty.Value {
	amount := func(minor int64) cty.Value { return amountValue(minor, a.Currency) }
	return cty.ObjectVal(map[string]cty.Value{
		"address":    cty.StringVal(a.Address),
		"merchant":   cty.StringVal(a.Merchant),
		"transact":   cty.StringVal(a.Transact),
		"orderid":    cty.StringVal(a.OrderID),
		"action":     cty.StringVal(string(a.Verb)),
		"currency":   cty.StringVal(a.Currency),
		"amount":     amount(a.ToMinor - a.FromMinor),
		"authorised": amount(a.AmountMinor),
		"from":       amount(a.FromMinor),
		"to":         amount(a.ToMinor),
		"attempt":    cty.NumberIntVal(int64(a.Attempt)),
		"class":      cty.StringVal(string(a.Class)),
		"status":     cty.NumberIntVal(int64(a.Status)),
		"reason":     cty.StringVal(a.Reason),
		"earlier":    cty.StringVal(a.Earlier),
		"capture":    cty.BoolVal(a.Capture),
	})
}

// amountValue is an amount as text; null where there is none.
func amountValue(minor int64, currency string) cty.Value {
	c, err := money.ParseCurrency(currency)
	if err != nil {
		return cty.NullVal(cty.String)
	}
	a, err := money.NewTotal(minor, c)
	if err != nil {
		return cty.NullVal(cty.String)
	}
	return cty.StringVal(a.String())
}

// sumValues are the totals by currency and kind of action, zero where there is
// none, and the counts by kind.
func sumValues(sums []plan.Sum) (totals, counts cty.Value) {
	currencies, count := maps.Clone(zeroTotals()), map[string]int{}
	for _, s := range sums {
		count[string(s.Verb)] += s.Count
		if kinds, ok := currencies[s.Currency]; ok {
			values := kinds.AsValueMap()
			if _, known := values[string(s.Verb)]; known {
				values[string(s.Verb)] = totalValue(s)
			}
			currencies[s.Currency] = cty.ObjectVal(values)
		}
	}
	numbers := map[string]cty.Value{}
	for verb := range schema.PlanType().AttributeType("counts").AttributeTypes() {
		numbers[verb] = cty.NumberIntVal(int64(count[verb]))
	}
	return cty.ObjectVal(currencies), cty.ObjectVal(numbers)
}

func totalValue(s plan.Sum) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"count": cty.NumberIntVal(int64(s.Count)), "sum": amountValue(s.Minor, s.Currency), "largest": amountValue(s.LargestMinor, s.Currency),
	})
}

// zeroTotals are the totals of a plan that does nothing, by currency. They are
// made once, and values never change.
var zeroTotals = sync.OnceValue(func() map[string]cty.Value {
	currencies := map[string]cty.Value{}
	for code, kinds := range schema.PlanType().AttributeType("totals").AttributeTypes() {
		values := map[string]cty.Value{}
		for verb := range kinds.AttributeTypes() {
			values[verb] = totalValue(plan.Sum{Currency: code})
		}
		currencies[code] = cty.ObjectVal(values)
	}
	return currencies
})
