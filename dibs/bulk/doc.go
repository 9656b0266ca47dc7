// Package bulk writes and reads FlexWin bulk files and carries them to DIBS
// (flexwin.md 9.7).
//
// A [File] holds many refunds, captures or ticket payments. Its [Name] is used
// once, forever: DIBS keeps no other mark that would tell a second batch from
// the first. A [Drop] brings a file to the server in two steps. [Drop.Put]
// uploads the rows, which does nothing by itself and may be repeated;
// [Drop.Release] then creates the empty run file, after which DIBS carries out
// the rows and nothing can be taken back. A caller records that it is about to
// release before it does, and from then on calls Release only.
//
// Nothing here retries, and nothing turns doubt into an answer: a response
// that says less than it must leaves its rows [Unknown].
package bulk
