//go:build !unix

package durable_test

import "testing"

// blocks is not known here; nothing is reserved here either.
func blocks(*testing.T, string) int64 { return 0 }
