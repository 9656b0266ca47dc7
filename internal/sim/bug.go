package sim

// A Bug is one that is planted, to see that it is caught. The zero Bug is none.
type Bug string

// The bugs: each is what flexform, or the client below it, must never do.
const (
	bugResend     Bug = "resend"     // the client sends a request again that was not answered
	bugSleepyhead Bug = "sleepyhead" // the client sends however late it is
	bugUnsynced   Bug = "unsynced"   // a sync does nothing, and says that it did
)

// Bugs are all that can be planted.
func Bugs() []Bug { return []Bug{bugResend, bugSleepyhead, bugUnsynced} }
