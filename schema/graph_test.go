package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestOrderOnRandomGraphs is R63: whatever uses what, ordering ends, each name
// comes after those that it uses unless a cycle stands in the way, and every
// cycle named is one.
func TestOrderOnRandomGraphs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, names := drawGraph(t)
		sorted, cycles := g.order(names)
		if got := slices.Sorted(slices.Values(sorted)); !slices.Equal(got, slices.Sorted(slices.Values(names))) {
			t.Fatalf("order of %v gives %v", g, sorted)
		}
		for _, c := range cycles {
			for i, name := range c {
				if used := c[(i+1)%len(c)]; !slices.Contains(g[name], used) {
					t.Fatalf("order of %v: %v is no cycle: %s does not use %s", g, c, name, used)
				}
			}
		}
		if cyclic(g, names) != (len(cycles) > 0) {
			t.Fatalf("order of %v: cycles %v", g, cycles)
		}
		if len(cycles) > 0 {
			return
		}
		for i, name := range sorted {
			for _, used := range g[name] {
				if slices.Index(sorted, used) > i {
					t.Fatalf("order of %v gives %v: %s comes before %s", g, sorted, name, used)
				}
			}
		}
	})
}

// TestLocalsOnRandomGraphs loads random locals blocks. A value that reaches no
// cycle gets its value, worked out by a slow walk; one that does fails, and all
// the mistakes are cycles with their path.
func TestLocalsOnRandomGraphs(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		g, names := drawGraph(rt)
		var b strings.Builder
		b.WriteString(shop + "locals {\n")
		for _, name := range names {
			fmt.Fprintf(&b, "  %s = \"%s\"\n", name, "x"+strings.Join(references(g[name]), ""))
		}
		b.WriteString("}\n")
		writeFile(t, dir, "main.hcl", b.String())
		l := newLoader(LoadOptions{})
		_, diags := l.run(dir)
		for _, d := range diags {
			if d.Summary != "Circular local values" || !strings.Contains(d.Detail, "local.") {
				rt.Fatalf("%s: mistake %s: %s", b.String(), d.Summary, d.Detail)
			}
		}
		for _, name := range names {
			want, ok := expand(g, name, 0)
			v := l.locals[name].value
			if ok && (!v.IsKnown() || v.AsString() != want) || !ok && v.IsKnown() && len(diags) == 0 {
				rt.Fatalf("%s: local.%s is %#v, want %q, %t", b.String(), name, v, want, ok)
			}
		}
	})
}

func drawGraph(t *rapid.T) (graph, []string) {
	n := rapid.IntRange(1, 7).Draw(t, "names")
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("n%d", i))
	}
	g := graph{}
	for _, name := range names {
		g[name] = rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, min(2, n), rapid.ID).Draw(t, name)
	}
	return g, names
}

func references(names []string) (out []string) {
	for _, n := range names {
		out = append(out, "${local."+n+"}")
	}
	return out
}

// cyclic is the slow, obvious way: from every name, is there a way back?
func cyclic(g graph, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		_, ok := expand(g, n, 0)
		return !ok
	})
}

// expand works out a local value by walking down, and fails when the walk is
// longer than there are names.
func expand(g graph, name string, depth int) (string, bool) {
	if depth > len(g) {
		return "", false
	}
	value := "x"
	for _, used := range g[name] {
		v, ok := expand(g, used, depth+1)
		if !ok {
			return "", false
		}
		value += v
	}
	return value, true
}

// TestALongChainOfLocals has no cycle and must not run out of stack.
func TestALongChainOfLocals(t *testing.T) {
	var b strings.Builder
	b.WriteString(shop + "locals {\n  n0 = \"x\"\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "  n%d = local.n%d\n", i+1, i)
	}
	b.WriteString("}\n")
	l := newLoader(LoadOptions{})
	if _, diags := l.run(folderOf(t, map[string]string{"main.hcl": b.String()})); diags.HasErrors() {
		t.Fatal(diags)
	}
	if v := l.locals["n5000"].value; v.AsString() != "x" {
		t.Errorf("local.n5000 is %#v", v)
	}
}
