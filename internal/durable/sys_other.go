//go:build !linux

package durable

import "os"

// reserve does nothing here: a full disk shows at the append, which then fails
// before anything is sent.
func reserve(*os.File, int64) error { return nil }

// BootID names the running kernel; "" when that cannot be told.
func BootID() string { return "" }
