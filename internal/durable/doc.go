// Package durable writes the files that must not be lost: a log that is synced
// after every append, and whole files that are replaced in one step.
//
// What it reports as written is on the disk, file and folder. After a write or
// sync has failed it writes nothing more: the kernel may have thrown the data
// away and would call the next sync a success. What another process has left at
// the end of a log is written anew before it counts, for the same reason.
//
// Everything goes through an [FS], so that a test can put a disk below that
// fails, fills up or loses power.
package durable
