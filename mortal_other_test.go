//go:build !unix

package main

// Elsewhere nothing ends a process at a call of its own: see mortal_test.go.
const mortal = "flexform-mortal"

func mortalMain() {}
