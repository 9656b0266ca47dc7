//go:build !linux

package main

import "testing"

// Elsewhere there is no network of its own.
func ownNetwork(*testing.T) bool { return false }

func wholeWorld(*testing.T) bool { return false }

func nameservers() []string { return nil }
