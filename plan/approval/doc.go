// Package approval reads, writes and verifies what people sign about a plan: that
// it may be carried out, or that it may not any more.
//
// A statement is a few lines of text beside the plan file, and its signature an
// SSHSIG as ssh-keygen writes and checks it. Whether the approvals of a plan are
// enough is not decided here but by package policy, which takes only [Verified]
// statements, and those only [Verify] makes.
package approval
