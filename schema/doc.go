// Package schema reads the flexform language: the *.hcl files of one folder
// become one [Config], with the place in the files of every value.
//
// Every mistake of the author is an [hcl.Diagnostic] with its place in the
// file, or in the CSV data, and one run of [Load] reports all of them.
// Evaluation is pure: nothing in a configuration reads the clock, the
// environment, the network, or a file outside its folder. Secrets never enter
// it. The same files give the same Config.
//
// The files are somebody else's, in a pull request perhaps, so nothing in them
// can end the process or keep it busy: a scan bounds their form before HCL's
// parser sees them, and a meter bounds what evaluating them may cost. Texts that
// are plain, or put together from columns of a table, are worked out without
// HCL, which makes loading them ten times as fast; tests hold that to giving
// what HCL gives.
package schema
