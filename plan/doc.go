// Package plan works out which calls close the difference between what a
// configuration desires and what is known of its transactions.
//
// [Observe] reads the gateway through a [Reader]; [Build] is pure: the same
// configuration, ledger facts and gateway answers give the same body, byte for
// byte, and its digest names it. A plan says everything that apply may do.
// What cannot be planned safely is blocked with its reason and hides nothing
// else; what the author asks for and can never be is a [Problem].
//
// [Judge] says what a status proves about a call whose end is not known; apply
// asks it too. [Seal] makes a draft a plan, [Encode] and [Decode] write and read
// its file, and accept no other byte. Whether a plan may be carried out is for
// package policy to decide.
package plan
