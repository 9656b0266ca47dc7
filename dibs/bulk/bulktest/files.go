package bulktest

import (
	"bytes"
	"io/fs"
	"slices"
)

// List returns the names of all files, sorted.
func (d *Desk) List() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.names()
}

func (d *Desk) names() []string {
	var names []string
	for name := range d.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (d *Desk) there(name string) bool {
	_, there := d.files[name]
	return there
}

// Read returns a file's content; the error is [fs.ErrNotExist].
func (d *Desk) Read(name string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.there(name) {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(d.files[name]), nil
}

// Create makes a file; the error is [fs.ErrExist].
func (d *Desk) Create(name string, data []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.there(name) {
		return fs.ErrExist
	}
	d.files[name] = bytes.Clone(data)
	return nil
}

// Remove deletes a file; the error is [fs.ErrNotExist].
func (d *Desk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.there(name) {
		return fs.ErrNotExist
	}
	delete(d.files, name)
	return nil
}

// Put stores a file, whatever was there.
func (d *Desk) Put(name string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[name] = bytes.Clone(data)
}
