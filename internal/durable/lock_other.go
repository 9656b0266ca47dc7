//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package durable

import (
	"errors"
	"io/fs"
	"os"
)

// flock refuses: without a lock that dies with its process, two writers could
// not be told apart.
func flock(*os.File) (bool, error) { return false, errors.ErrUnsupported }

func identity(fs.FileInfo) any { return nil }
