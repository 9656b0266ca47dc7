package schema

import "slices"

// A graph says which names use which others.
type graph map[string][]string

// order returns the names so that each comes after those that it uses, and the
// cycles that stand in the way, each as the path around it: a uses b, b uses c,
// c uses a. Every back edge of a walk in the given order gives one cycle, and a
// cycle is left out when all its names stand in earlier ones. It does not
// recurse, however long a chain is (R63).
func (g graph) order(names []string) (sorted []string, cycles [][]string) {
	const (
		unseen = iota
		open
		done
	)
	state := map[string]int{}
	reported := map[string]bool{}
	for _, start := range names {
		if state[start] != unseen {
			continue
		}
		path, next := []string{start}, []int{0}
		state[start] = open
		for len(path) > 0 {
			top := len(path) - 1
			name := path[top]
			if next[top] == len(g[name]) {
				state[name] = done
				sorted = append(sorted, name)
				path, next = path[:top], next[:top]
				continue
			}
			used := g[name][next[top]]
			next[top]++
			switch state[used] {
			case unseen:
				state[used] = open
				path, next = append(path, used), append(next, 0)
			case open:
				cycle := path[slices.Index(path, used):]
				if !all(cycle, reported) {
					cycles = append(cycles, slices.Clone(cycle))
				}
				for _, n := range cycle {
					reported[n] = true
				}
			}
		}
	}
	return sorted, cycles
}

func all(names []string, in map[string]bool) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !in[n] })
}
