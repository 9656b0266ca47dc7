package main

import "fmt"

// A point is a place where an apply is killed: the n-th call of a name, from 1.
type point struct {
	call string
	n    int
	how  death
}

func (p point) String() string { return fmt.Sprintf("%s %d %s", p.how, p.n, p.call) }

// A death is a moment of a disk call.
type death string

const (
	before death = "before"
	midway death = "midway" // of a write: the first half is there
	after  death = "after"
)
