package schema

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"flexform/money"
)

// withOperators gives the operators in a condition the meaning that they have
// in one: amounts are compared and added exactly, and only within a currency;
// values that can never be equal are a mistake; and && and || look at the
// right side only where the left one leaves it open. HCL's own would turn
// texts into numbers, take values of two kinds for different, and let a true
// right side hide a mistake on the left.
func withOperators(e hclsyntax.Expression) {
	// The walk itself finds nothing.
	_ = hclsyntax.VisitAll(e, func(node hclsyntax.Node) hcl.Diagnostics {
		if b, ok := node.(*hclsyntax.BinaryOpExpr); ok {
			if op := operator(b.Op); op != nil {
				b.Op = op
			}
		}
		return nil
	})
}

func operator(op *hclsyntax.Operation) *hclsyntax.Operation {
	switch op {
	case hclsyntax.OpLessThan:
		return order(func(n int) bool { return n < 0 })
	case hclsyntax.OpLessThanOrEqual:
		return order(func(n int) bool { return n <= 0 })
	case hclsyntax.OpGreaterThan:
		return order(func(n int) bool { return n > 0 })
	case hclsyntax.OpGreaterThanOrEqual:
		return order(func(n int) bool { return n >= 0 })
	case hclsyntax.OpEqual:
		return equality(true)
	case hclsyntax.OpNotEqual:
		return equality(false)
	case hclsyntax.OpAdd:
		return arithmetic(stdlib.AddFunc, money.Amount.Add)
	case hclsyntax.OpSubtract:
		return arithmetic(stdlib.SubtractFunc, money.Amount.Sub)
	case hclsyntax.OpLogicalOr:
		return logic(stdlib.OrFunc, true)
	case hclsyntax.OpLogicalAnd:
		return logic(stdlib.AndFunc, false)
	}
	return nil
}

// operation is an operator on two values of any kind, null among them. check
// finds out what the result is, also of values that are not known yet.
func operation(check func(a, b cty.Value) (cty.Type, error), work func(a, b cty.Value) (cty.Value, error)) *hclsyntax.Operation {
	side := func(name string) function.Parameter {
		return function.Parameter{Name: name, Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true}
	}
	impl := function.New(&function.Spec{
		Params: []function.Parameter{side("left"), side("right")},
		Type:   func(args []cty.Value) (cty.Type, error) { return check(args[0], args[1]) },
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return work(args[0], args[1]) },
	})
	return &hclsyntax.Operation{Impl: impl, Type: cty.DynamicPseudoType}
}

func order(holds func(int) bool) *hclsyntax.Operation {
	return operation(func(a, b cty.Value) (cty.Type, error) {
		_, err := quantities(a, b)
		return cty.Bool, err
	}, func(a, b cty.Value) (cty.Value, error) {
		if a.Type() == cty.Number {
			return cty.BoolVal(holds(a.AsBigFloat().Cmp(b.AsBigFloat()))), nil
		}
		x, y, err := amounts(a, b)
		if err != nil {
			return cty.NilVal, err
		}
		n, err := x.Cmp(y)
		return cty.BoolVal(holds(n)), err
	})
}

func arithmetic(numbers function.Function, amount func(a, b money.Amount) (money.Amount, error)) *hclsyntax.Operation {
	return operation(quantities, func(a, b cty.Value) (cty.Value, error) {
		if a.Type() == cty.Number {
			return numbers.Call([]cty.Value{a, b})
		}
		x, y, err := amounts(a, b)
		if err != nil {
			return cty.NilVal, err
		}
		sum, err := amount(x, y)
		return cty.StringVal(sum.String()), err
	})
}

// quantities checks that both values are numbers, or both amounts of one
// currency, and returns the kind.
func quantities(a, b cty.Value) (cty.Type, error) {
	for _, v := range []cty.Value{a, b} {
		switch t := v.Type(); {
		case v.IsNull():
			return cty.NilType, errors.New("one of the two is null, no value at all")
		case t == cty.String || t == cty.DynamicPseudoType || t == cty.Number:
		default:
			return cty.NilType, fmt.Errorf("only amounts and numbers can be compared or added, and one of the two is %s", kindOf(v))
		}
	}
	switch x, y := a.Type(), b.Type(); {
	case x == cty.DynamicPseudoType || y == cty.DynamicPseudoType:
		return cty.DynamicPseudoType, nil
	case x != y:
		return cty.NilType, errors.New("an amount and a number have nothing in common. Write amounts with their currency, such as \"500.00 DKK\"")
	case x == cty.String:
		_, _, err := amounts(a, b)
		return x, err
	default:
		return x, nil
	}
}

// amounts reads two texts that are money. What is not known yet is the zero
// Amount.
func amounts(a, b cty.Value) (x, y money.Amount, err error) {
	for _, side := range []struct {
		of   cty.Value
		into *money.Amount
	}{{a, &x}, {b, &y}} {
		if !side.of.IsKnown() {
			continue
		}
		if *side.into, err = money.ParseTotal(side.of.AsString()); err != nil {
			return x, y, err
		}
	}
	if x.Valid() && y.Valid() && x.Currency() != y.Currency() {
		return x, y, fmt.Errorf("amounts of two currencies, %s and %s, have nothing in common. Look at the currency first, as in action.currency != %q || …", x.Currency(), y.Currency(), y.Currency().Code())
	}
	return x, y, nil
}

// equality compares amounts as such, so that "500 DKK" is "500.00 DKK", and
// anything else as it is.
func equality(equal bool) *hclsyntax.Operation {
	return operation(func(a, b cty.Value) (cty.Type, error) {
		x, y := a.Type(), b.Type()
		if a.IsNull() || b.IsNull() || x == cty.DynamicPseudoType || y == cty.DynamicPseudoType || x.Equals(y) {
			return cty.Bool, nil
		}
		return cty.NilType, fmt.Errorf("%s is never equal to %s", kindOf(a), kindOf(b))
	}, func(a, b cty.Value) (cty.Value, error) {
		if a.Type() == cty.String && b.Type() == cty.String && !a.IsNull() && !b.IsNull() {
			x, errX := money.ParseTotal(a.AsString())
			y, errY := money.ParseTotal(b.AsString())
			if errX == nil && errY == nil {
				return cty.BoolVal((x == y) == equal), nil
			}
		}
		v, err := stdlib.Equal(a, b)
		if err != nil || equal {
			return v, err
		}
		return stdlib.Not(v)
	})
}

// logic is && and ||: a left side that is the deciding value is the result,
// and in every other case both sides have to be right.
func logic(impl function.Function, deciding bool) *hclsyntax.Operation {
	return &hclsyntax.Operation{Impl: impl, Type: cty.Bool,
		ShortCircuit: func(left, _ cty.Value, diags, _ hcl.Diagnostics) (cty.Value, hcl.Diagnostics) {
			if !diags.HasErrors() && left.IsKnown() && !left.IsNull() && left.True() == deciding {
				return left, diags
			}
			return cty.NilVal, nil
		}}
}
