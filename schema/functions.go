package schema

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"flexform/money"
)

// allowed is every function that a configuration may call. None reads the
// clock, the environment, the network or a file outside the folder, and none
// makes something large out of something small (R61): there is no setproduct,
// no regular expression, no width in format.
func (l *loader) allowed() map[string]function.Function {
	all := pureFunctions()
	all["csv"], all["file"] = l.csvFunction(), l.fileFunction()
	return all
}

// pureFunctions are those that read nothing at all.
func pureFunctions() map[string]function.Function {
	return map[string]function.Function{
		"alltrue":     allFunction(true),
		"anytrue":     allFunction(false),
		"minor":       minorFunction(),
		"coalesce":    stdlib.CoalesceFunc,
		"concat":      stdlib.ConcatFunc,
		"contains":    stdlib.ContainsFunc,
		"element":     stdlib.ElementFunc,
		"endswith":    textTest("suffix", strings.HasSuffix),
		"flatten":     stdlib.FlattenFunc,
		"format":      formatFunction(),
		"join":        joinFunction(),
		"keys":        stdlib.KeysFunc,
		"length":      lengthFunction(),
		"lookup":      stdlib.LookupFunc,
		"lower":       stdlib.LowerFunc,
		"max":         stdlib.MaxFunc,
		"merge":       stdlib.MergeFunc,
		"min":         stdlib.MinFunc,
		"range":       rangeFunction(),
		"replace":     replaceFunction(),
		"reverse":     stdlib.ReverseListFunc,
		"sort":        stdlib.SortFunc,
		"split":       splitFunction(),
		"startswith":  textTest("prefix", strings.HasPrefix),
		"strcontains": textTest("part", strings.Contains),
		"substr":      stdlib.SubstrFunc,
		"sum":         sumFunction(),
		"tobool":      stdlib.MakeToFunc(cty.Bool),
		"tolist":      stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
		"tomap":       stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
		"tonumber":    numberFunction(),
		"toset":       stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
		"tostring":    stdlib.MakeToFunc(cty.String),
		"trimprefix":  stdlib.TrimPrefixFunc,
		"trimspace":   stdlib.TrimSpaceFunc,
		"trimsuffix":  stdlib.TrimSuffixFunc,
		"upper":       stdlib.UpperFunc,
		"values":      stdlib.ValuesFunc,
		"zipmap":      stdlib.ZipmapFunc,
	}
}

func text(name string) function.Parameter { return function.Parameter{Name: name, Type: cty.String} }

func anything(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType}
}

// newFunction builds a function with a fixed result type.
func newFunction(result cty.Type, impl func(args []cty.Value) (cty.Value, error), params ...function.Parameter) function.Function {
	return function.New(&function.Spec{
		Params: params,
		Type:   function.StaticReturnType(result),
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return impl(args) },
	})
}

// csvFunction is csv(path, column): the rows of a table by that column.
func (l *loader) csvFunction() function.Function {
	return newFunction(cty.DynamicPseudoType, func(args []cty.Value) (cty.Value, error) {
		t, err := l.table(args[0].AsString(), args[1].AsString())
		if err != nil {
			return cty.NilVal, err
		}
		l.used = mergeTables(l.used, []*keyedTable{t.origin})
		return t.value()
	}, text("path"), text("column"))
}

// fileFunction is file(path): the text of a small file.
func (l *loader) fileFunction() function.Function {
	return newFunction(cty.String, func(args []cty.Value) (cty.Value, error) {
		src, refused := l.folder.read(args[0].AsString())
		switch {
		case refused != nil:
			return cty.NilVal, function.NewArgError(0, refused)
		case len(src.text) > maxText:
			return cty.NilVal, function.NewArgErrorf(0, "the file is larger than %d MiB; read tables with csv", maxText>>20)
		case !utf8.ValidString(src.text):
			return cty.NilVal, function.NewArgErrorf(0, "the file is not text in the encoding UTF-8")
		}
		return cty.StringVal(src.text), nil
	}, text("path"))
}

// minorFunction is minor(20000, "DKK"): an amount from its smallest units.
func minorFunction() function.Function {
	return newFunction(cty.String, func(args []cty.Value) (cty.Value, error) {
		n, err := wholeNumber(args[0])
		if err != nil {
			return cty.NilVal, function.NewArgError(0, err)
		}
		c, err := money.ParseCurrency(args[1].AsString())
		if err != nil {
			return cty.NilVal, function.NewArgError(1, err)
		}
		a, err := money.New(n, c)
		if err != nil {
			return cty.NilVal, function.NewArgError(0, err)
		}
		return cty.StringVal(a.String()), nil
	}, anything("units"), text("currency"))
}

// sumFunction is sum(amounts, "DKK"): exact, and of one currency. No amounts at
// all are zero of it.
func sumFunction() function.Function {
	return newFunction(cty.String, func(args []cty.Value) (cty.Value, error) {
		c, err := money.ParseCurrency(args[1].AsString())
		if err != nil {
			return cty.NilVal, function.NewArgError(1, err)
		}
		sum, err := money.NewTotal(0, c)
		for it := args[0].ElementIterator(); err == nil && it.Next(); {
			_, v := it.Element()
			if v.IsNull() {
				return cty.NilVal, function.NewArgErrorf(0, "one of the amounts is null")
			}
			var a money.Amount
			if a, err = money.ParseTotal(v.AsString()); err == nil {
				sum, err = sum.Add(a)
			}
		}
		if err != nil {
			return cty.NilVal, function.NewArgError(0, err)
		}
		return cty.StringVal(sum.String()), nil
	}, function.Parameter{Name: "amounts", Type: cty.List(cty.String)}, text("currency"))
}

// allFunction is alltrue(values) and anytrue(values): of nothing, the one is
// true and the other false.
func allFunction(all bool) function.Function {
	return newFunction(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		result := all
		for it := args[0].ElementIterator(); it.Next(); {
			_, v := it.Element()
			if v.IsNull() {
				return cty.NilVal, function.NewArgErrorf(0, "one of the values is null")
			}
			if v.True() != all {
				result = !all
			}
		}
		return cty.BoolVal(result), nil
	}, function.Parameter{Name: "values", Type: cty.List(cty.Bool)})
}

// wholeNumber takes a number or the digits of one, as a CSV cell has them.
func wholeNumber(v cty.Value) (int64, error) {
	if v.Type() == cty.String {
		n, err := plainNumber(v.AsString())
		if err != nil {
			return 0, err
		}
		v = n
	}
	if v.Type() != cty.Number {
		return 0, errors.New("a whole number is needed, such as 20000")
	}
	n, accuracy := v.AsBigFloat().Int64()
	if accuracy != 0 {
		return 0, errors.New("it must be a whole number of the currency's smallest unit: money is never rounded")
	}
	return n, nil
}

// numberFunction is tonumber(text), without exponents and endless digits.
func numberFunction() function.Function {
	return newFunction(cty.Number, func(args []cty.Value) (cty.Value, error) {
		if args[0].Type() == cty.String {
			n, err := plainNumber(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return n, nil
		}
		return convert.Convert(args[0], cty.Number)
	}, anything("value"))
}

// plainNumber reads a number as the language has them: digits with at most one
// point, and a minus sign.
func plainNumber(s string) (cty.Value, error) {
	digits := strings.Replace(strings.TrimPrefix(s, "-"), ".", "", 1)
	if digits == "" || len(digits) > maxDigits || strings.Trim(digits, "0123456789") != "" {
		return cty.NilVal, fmt.Errorf("a number of at most %d digits is needed, such as 20000", maxDigits)
	}
	return cty.ParseNumberVal(s)
}

func textTest(name string, test func(s, part string) bool) function.Function {
	return newFunction(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		return cty.BoolVal(test(args[0].AsString(), args[1].AsString())), nil
	}, text("text"), text(name))
}

func lengthFunction() function.Function {
	return newFunction(cty.Number, func(args []cty.Value) (cty.Value, error) {
		switch v := args[0]; {
		case v.Type() == cty.String:
			return cty.NumberIntVal(int64(width(v.AsString()))), nil
		case v.Type().IsObjectType():
			return cty.NumberIntVal(int64(len(v.Type().AttributeTypes()))), nil
		case v.CanIterateElements():
			return v.Length(), nil
		}
		return cty.NilVal, function.NewArgErrorf(0, "a text, a list, a set or a map is needed")
	}, anything("value"))
}

var errLongText = fmt.Errorf("the text would be longer than %d MiB", maxText>>20)

func replaceFunction() function.Function {
	return newFunction(cty.String, func(args []cty.Value) (cty.Value, error) {
		s, old, with := args[0].AsString(), args[1].AsString(), args[2].AsString()
		if len(s)+strings.Count(s, old)*len(with) > maxText {
			return cty.NilVal, errLongText
		}
		return cty.StringVal(strings.ReplaceAll(s, old, with)), nil
	}, text("text"), text("part"), text("replacement"))
}

func splitFunction() function.Function {
	return newFunction(cty.List(cty.String), func(args []cty.Value) (cty.Value, error) {
		separator, s := args[0].AsString(), args[1].AsString()
		if strings.Count(s, separator) >= maxValues {
			return cty.NilVal, fmt.Errorf("the text has more than %d parts", maxValues)
		}
		parts := strings.Split(s, separator)
		values := make([]cty.Value, len(parts))
		for i, p := range parts {
			values[i] = cty.StringVal(p)
		}
		if len(values) == 0 {
			return cty.ListValEmpty(cty.String), nil
		}
		return cty.ListVal(values), nil
	}, text("separator"), text("text"))
}

func joinFunction() function.Function {
	return newFunction(cty.String, func(args []cty.Value) (cty.Value, error) {
		var parts []string
		n := 0
		for it := args[1].ElementIterator(); it.Next(); {
			_, v := it.Element()
			if v.IsNull() {
				return cty.NilVal, function.NewArgErrorf(1, "one of the texts is null")
			}
			parts = append(parts, v.AsString())
			if n += len(v.AsString()) + len(args[0].AsString()); n > maxText {
				return cty.NilVal, errLongText
			}
		}
		return cty.StringVal(strings.Join(parts, args[0].AsString())), nil
	}, text("separator"), function.Parameter{Name: "texts", Type: cty.List(cty.String)})
}

// maxRange is the longest list that range makes (R61).
const maxRange = 1024

func rangeFunction() function.Function {
	return newFunction(cty.List(cty.Number), func(args []cty.Value) (cty.Value, error) {
		n, err := wholeNumber(args[0])
		if err != nil || n < 0 || n > maxRange {
			return cty.NilVal, function.NewArgErrorf(0, "a whole number from 0 to %d is needed", maxRange)
		}
		values := make([]cty.Value, n)
		for i := range values {
			values[i] = cty.NumberIntVal(int64(i))
		}
		if n == 0 {
			return cty.ListValEmpty(cty.Number), nil
		}
		return cty.ListVal(values), nil
	}, anything("count"))
}

// formatFunction is format(pattern, values...) with %s, %d and %% alone: a
// width would make a long text out of a short one.
func formatFunction() function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{text("pattern")},
		VarParam: &function.Parameter{Name: "values", Type: cty.DynamicPseudoType},
		Type:     function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			pattern := args[0].AsString()
			for i := 0; i < len(pattern); i++ {
				if pattern[i] != '%' {
					continue
				}
				if i++; i == len(pattern) || !strings.ContainsRune("sd%", rune(pattern[i])) {
					return cty.NilVal, function.NewArgErrorf(0, "only %%s, %%d and %%%% may follow a percent sign")
				}
			}
			return stdlib.Format(args[0], args[1:]...)
		},
	})
}
