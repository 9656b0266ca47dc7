package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const split = "Split it"

func nothing(*lab) {}

// honestBranches move money: the lab is set up so that it can.
func honestBranches() map[string]attack {
	return map[string]attack{
		"an honest branch, and its plan is named": {do: nothing, says: "1 action in SANDBOX mode", refuses: "1 of 1 action done", moves: 1},
		"an honest branch, and two approve it": {signed: true, do: nothing, says: "has 0; 2 missing",
			forge: func(l *lab) { l.honest("anna", "bo") }, refuses: "1 of 1 action done", moves: 1},
	}
}

// otherHosts are pointed at a gateway of the branch's own (R80).
func otherHosts(heard *recorder) map[string]attack {
	all := map[string]attack{}
	for name, host := range map[string]struct{ url, bites string }{
		"another host":                  {"https://evil.example", "evil\\aexample"},
		"another host and port":         {"https://evil.example:8443", "evil\\aexample"},
		"a host by its number":          {"https://203.0.113.7", "203.0.113.7:443"},
		"a host by its IPv6 number":     {"https://[2001:db8::7]", "[2001:db8::7]:443"},
		"a host that begins like DIBS'": {"https://payment.architrade.com.evil.example", "evil\\aexample"},
		"DIBS' host with a dot behind":  {"https://payment.architrade.com./", ""},
		"DIBS' host in other letters":   {"https://p\u0430yment.architrade.com", ""},
		"DIBS' host as a user's name":   {"https://payment.architrade.com@evil.example", ""},
		"a host without encryption":     {"http://evil.example", ""},
		"a number without dots":         {"http://2130706433:%d", ""},
		"a gateway on this machine":     {"http://127.0.0.1:%d", "127.0.0.1:"},
		"this machine by its name":      {"http://localhost:%d", "127.0.0.1:"},
		"this machine in IPv6":          {"http://[::1]:%d", ""},
	} {
		url := host.url
		if strings.Contains(url, "%d") {
			url = fmt.Sprintf(url, heard.trap)
		}
		all[name] = attack{plan: 3, says: split, apply: 3, refuses: split, bites: host.bites,
			do: func(l *lab) { l.edit("settings/shop.hcl", l.url, url) }}
	}
	all["a merchant beside the wish"] = attack{plan: 1, says: "Setting outside the settings file", apply: 1, refuses: "Setting outside the settings file",
		do: func(l *lab) {
			l.file("refunds/merchant.hcl", "merchant \"shop\" {\n  id = \"12345678\"\n  gateway = \"https://evil.example\"\n}\n")
		}}
	all["only the settings, to another host"] = attack{says: "The settings change", refuses: "this one moves nothing",
		do: func(l *lab) {
			l.file("refunds/main.hcl", "# what is to be given back\n")
			l.edit("settings/shop.hcl", l.url, "https://evil.example")
		}}
	return all
}

// looserGuards change what guards them (R81, R84, R86).
func looserGuards() map[string]attack {
	much := func(l *lab) { l.edit("refunds/main.hcl", "50.00", "180.00") }
	return map[string]attack{
		"more than the limits": {says: "more than the limits allow", apply: 3, refuses: "more than the limits allow", do: much},
		"limits raised": {plan: 3, says: split, apply: 3, refuses: split, bites: "money", do: func(l *lab) {
			much(l)
			l.file("settings/shop.hcl", strings.ReplaceAll(readText(l.t, filepath.Join(l.dir, "kim.clone/settings/shop.hcl")), "0.00 DKK", "000.00 DKK"))
		}},
		"limits removed": {plan: 3, says: split, apply: 3, refuses: split, bites: "money", do: func(l *lab) {
			much(l)
			text, _, _ := strings.Cut(readText(l.t, filepath.Join(l.dir, "kim.clone/settings/shop.hcl")), "\nlimits")
			l.file("settings/shop.hcl", text)
		}},
		"approvals removed": {signed: true, plan: 3, says: split, apply: 3, refuses: split, bites: "money", do: func(l *lab) {
			text, _, _ := strings.Cut(readText(l.t, filepath.Join(l.dir, "kim.clone/settings/shop.hcl")), "\napprovals")
			l.file("settings/shop.hcl", text)
		}},
		"a signer added": {signed: true, plan: 3, says: split, apply: 3, refuses: split, do: func(l *lab) {
			l.edit("settings/allowed_signers", "anna@example.com ", "mallory@example.com "+strings.TrimSpace(readText(l.t, filepath.Join(l.dir, "mallory.pub")))+"\nanna@example.com ")
		}},
		"only a signer added": {signed: true, says: "The settings change: settings/allowed_signers", refuses: "this one moves nothing", do: func(l *lab) {
			l.file("refunds/main.hcl", "# what is to be given back\n")
			l.edit("settings/allowed_signers", "anna@example.com ", "mallory@example.com "+strings.TrimSpace(readText(l.t, filepath.Join(l.dir, "mallory.pub")))+"\nanna@example.com ")
		}},
		"settings behind a link": {plan: 3, says: split, apply: 3, refuses: split, do: func(l *lab) {
			l.file("refunds/lax.txt", "merchant \"shop\" {\n  id = \"12345678\"\n  gateway = \""+l.url+"\"\n}\n")
			l.link("../refunds/lax.txt", "settings/shop.hcl")
		}},
		"the settings' folder is a link": {plan: 3, says: split, apply: 3, refuses: split, do: func(l *lab) {
			l.git(l.t, "kim", "kim.clone", "mv", "settings", "lax")
			l.link("lax", "settings")
		}},
		"settings deleted": {plan: 3, says: split, apply: 3, refuses: split, do: func(l *lab) { l.git(l.t, "kim", "kim.clone", "rm", "-q", "settings/shop.hcl") }},
		"limits in the folder": {plan: 1, says: "Setting outside the settings file", apply: 1, refuses: "Setting outside the settings file", do: func(l *lab) {
			l.file("refunds/limits.hcl", "limits \"shop\" {\n  refund \"DKK\" {\n    per_plan = \"9000.00 DKK\"\n  }\n}\n")
		}},
		"approvals in the folder": {signed: true, plan: 1, says: "Setting outside the settings file", apply: 1, refuses: "Setting outside the settings file", do: func(l *lab) {
			l.file("refunds/signers", "mallory@example.com "+readText(l.t, filepath.Join(l.dir, "mallory.pub")))
			l.file("refunds/approvals.hcl", "approvals {\n  signers = \"signers\"\n}\n")
		}},
		"a branch from before the limits": {says: "more than the limits allow", apply: 3, refuses: "more than the limits allow", do: func(l *lab) {
			l.withSettings("per_action = \"100.00 DKK\"", "per_action = \"10.00 DKK\"")
		}},
		"a second plan of the day": {says: "more than the limits allow", apply: 3, refuses: "more than the limits allow", moves: 1, do: func(l *lab) {
			l.edit("refunds/main.hcl", "50.00", "100.00")
			l.save("kim", "The first part")
			l.push(l.t, "attack")
			l.plan(l.t)
			l.mergeAttack()
			if out, code := l.applyAttack(); code != 0 {
				l.t.Fatalf("the first part: %s", out)
			}
			l.record(l.t)
			l.base = ""
			l.git(l.t, "kim", "kim.clone", "fetch", "-q")
			l.git(l.t, "kim", "kim.clone", "checkout", "-q", "-f", "-B", "attack", "refs/remotes/origin/main")
			l.file("refunds/more.hcl", strings.NewReplacer("order_1001", "order_1002", "11111111", "11111112", "11223344", "11223345", "50.00", "100.00").Replace(forgeWish))
		}},
	}
}

// strangeFiles read what is not theirs (R73, R80).
func strangeFiles() map[string]attack {
	table := func(l *lab, name string) {
		l.file("refunds/table.hcl", "transaction \"more\" {\n  for_each = csv(\""+name+"\", \"transact\")\n  transact = each.key\n  orderid  = each.value.orderid\n  amount   = \"200.00 DKK\"\n  refunded = full\n}\n")
	}
	outside := func(name string) attack {
		return attack{plan: 1, says: "File outside the folder", apply: 1, refuses: "File outside the folder", do: func(l *lab) { table(l, name) }}
	}
	link := func(target, name string) attack {
		return attack{plan: 3, says: "is a link in the head", apply: 3, refuses: "is a link in the head", do: func(l *lab) { l.link(target, name) }}
	}
	return map[string]attack{
		"the environment as a table":     outside("/proc/self/environ"),
		"the credentials as a table":     outside("../../credentials"),
		"the signers as a table":         outside("../settings/allowed_signers"),
		"the environment behind a link":  link("/proc/self/environ", "refunds/table.csv"),
		"the credentials behind a link":  link("../../credentials", "refunds/table.csv"),
		"a configuration behind a link":  link("../../credentials", "refunds/more.hcl"),
		"a folder behind a link":         link("/etc", "refunds/more"),
		"the ledger behind a link":       link("../../ledger", "refunds/flexform.ledger"),
		"the built-in gateway elsewhere": link("/tmp", "refunds/.flexform"),
		"the whole folder behind a link": {plan: 3, says: "refunds is a link in the head", apply: 3, refuses: "is a link in the head", do: func(l *lab) {
			l.git(l.t, "kim", "kim.clone", "rm", "-q", "-r", "-f", "refunds")
			l.file("wishes/main.hcl", forgeWish)
			l.link("wishes", "refunds")
		}},
		"a built-in gateway's money": {plan: 3, says: "belongs to one machine", apply: 3, refuses: "belongs to one machine", do: func(l *lab) { l.file("refunds/.flexform/sandbox.db", "x") }},
		"a hidden configuration": {signed: true, says: "1 action in SANDBOX mode", apply: 3, refuses: "has 0; 2 missing", do: func(l *lab) {
			l.file("refunds/.more.hcl", "x = env.PATH")
			l.file("refunds/sub/more.hcl", "x = env.PATH")
		}},
		"the comment through a link": {signed: true, says: "1 action in SANDBOX mode", apply: 3, refuses: "has 0; 2 missing", do: func(l *lab) { l.file("elsewhere/x", "x"); l.link("elsewhere", "out") }, forge: func(l *lab) {
			out, code := l.plan(l.t, "--html", "out/plan.html")
			expect(l.t, "a page through a link", out, code, 3, "is a link")
		}},
	}
}

// tellingSecrets put secrets where they would be shown (R74, R82).
func tellingSecrets() map[string]attack {
	reason := func(expression, says string) attack {
		return attack{plan: 1, says: says, apply: 1, refuses: says, do: func(l *lab) { l.edit("refunds/main.hcl", `"RMA 4411"`, expression) }}
	}
	return map[string]attack{
		"a password in the reason": reason("env.FLEXFORM_SHOP_PASSWORD", "env"),
		"a password by a function": reason(`getenv("FLEXFORM_SHOP_PASSWORD")`, "getenv"),
		"a file in the reason":     reason(`file("/proc/self/environ")`, "leads out of the folder"),
		"a merchant's password":    reason("merchant.shop.password", "password"),
		"a program in the reason":  reason(`external("sh", "-c", "env")`, "external"),
		"a template in the reason": reason(`"${path.root}/${terraform.workspace}"`, "path"),
		"a secret in an error": {plan: 1, says: "Setting outside the settings file", apply: 1, refuses: "Setting outside the settings file", do: func(l *lab) {
			l.file("refunds/check.hcl", "check \"tell\" {\n  condition     = false\n  error_message = env.GITHUB_TOKEN\n}\n")
		}},
		"a secret in the order id": {plan: 1, says: "local", apply: 1, refuses: "local", do: func(l *lab) { l.edit("refunds/main.hcl", `"11223344"`, "local.FLEXFORM_SHOP_PASSWORD") }},
		"letters that a terminal obeys": {plan: 1, says: "Invisible character", apply: 1, refuses: "Invisible character", do: func(l *lab) {
			l.edit("refunds/main.hcl", "RMA 4411", "RMA 4411 \u202e dewohs ton \u2066")
		}},
		"letters that are written out": {signed: true, says: "1 action in SANDBOX mode", apply: 3, refuses: "has 0; 2 missing", do: func(l *lab) {
			l.edit("refunds/main.hcl", "RMA 4411", "RMA \\u001b]0;x\\u0007 \\u202e ``` | <img src=//evil.example> @everyone")
		}},
	}
}

// falseApprovals pass off what nobody said of this plan (R83).
func falseApprovals() map[string]attack {
	all := map[string]attack{}
	add := func(name, refuses string, forge func(*lab)) {
		all[name] = attack{signed: true, do: nothing, says: "has 0; 2 missing", forge: forge, apply: 3, refuses: refuses}
	}
	both := func(change func(*said)) func(*lab) {
		return func(l *lab) {
			for _, who := range []string{"anna", "bo"} {
				s := l.about(who)
				change(&s)
				l.sign(who, s, approvalNamespace)
			}
			l.publish("anna")
		}
	}
	ago := func(d time.Duration) string {
		return time.Now().UTC().Add(-d).Truncate(time.Second).Format(time.RFC3339)
	}
	add("nobody approves", "has 0; 2 missing", nothing)
	add("one approves", "has 1; 1 missing", func(l *lab) { l.honest("anna") })
	add("a stranger approves as anna", "is not one of the allowed signers'", func(l *lab) {
		l.sign("mallory", l.about("anna"), approvalNamespace)
		l.sign("mallory", l.about("bo"), approvalNamespace)
		l.publish("anna")
	})
	add("bo approves as anna too", "the key is bo@example.com's", func(l *lab) {
		l.sign("bo", l.about("anna"), approvalNamespace)
		l.honest("bo")
	})
	add("approvals of another plan", "has 0; 2 missing", both(func(s *said) { s.digest = strings.Repeat("ab", 32) }))
	add("approvals of live money", "it is about live money", both(func(s *said) { s.mode = "live" }))
	add("approvals that are over", "it expired at", both(func(s *said) { s.at, s.expires = ago(2*time.Hour), ago(time.Hour) }))
	add("approvals for ever", "and the settings allow", both(func(s *said) { s.expires = ago(-90 * 24 * time.Hour) }))
	add("approvals from tomorrow", "it was signed in the future", both(func(s *said) { s.at, s.expires = ago(-24*time.Hour), ago(-25*time.Hour) }))
	add("signatures for something else", "namespace", func(l *lab) {
		l.sign("anna", l.about("anna"), "file")
		l.sign("bo", l.about("bo"), "git")
		l.publish("anna")
	})
	add("an approval with another digest put in", "is not one of these lines", func(l *lab) {
		for _, who := range []string{"anna", "bo"} {
			s := l.about(who)
			right := s.digest
			s.digest = right[:12] + strings.Repeat("0", 52)
			l.sign(who, s, approvalNamespace)
			l.edit("approvals/"+right[:12]+".json."+s.signer+".approval", s.digest, right)
		}
		l.publish("anna")
	})
	add("the author approves", "who made the change does not approve it", func(l *lab) { l.honest("anna", "kim") })
	add("anna cancels", "Cancelled: anna@example.com cancelled it", func(l *lab) {
		l.honest("anna", "bo")
		s := l.about("anna")
		s.kind = "cancellation"
		l.sign("anna", s, approvalNamespace)
		l.publish("anna")
	})
	add("anna breaks the glass, and may not", "break_glass", both(func(s *said) { s.kind = "break-glass" }))
	add("a cancellation that cannot be read", "may cancel it, and cannot be verified", func(l *lab) {
		l.honest("anna", "bo")
		l.file("approvals/any.json.anna@example.com.cancellation", "x")
		l.publish("bo")
	})
	add("approvals behind a link", "is not signed", func(l *lab) {
		l.honest("anna", "bo")
		for _, who := range []string{"anna", "bo"} {
			name := "approvals/" + l.about(who).digest[:12] + ".json." + who + "@example.com.approval.sig"
			l.file("elsewhere/"+who, readText(l.t, filepath.Join(l.dir, "kim.clone", name)))
			l.link("../elsewhere/"+who, name)
		}
		l.publish("kim")
	})
	add("the plan file is edited", "has 0; 2 missing", func(l *lab) {
		l.file("approvals/plan.json", strings.ReplaceAll(readText(l.t, filepath.Join(l.dir, "plan.json")), "5000", "9000"))
		l.publish("kim")
	})
	add("the wish grows after the approvals", "has 0; 2 missing", func(l *lab) {
		l.honest("anna", "bo")
		l.edit("refunds/main.hcl", "50.00", "90.00")
		l.publish("kim")
	})
	add("the wish grows in the merge", "has 0; 2 missing", func(l *lab) {
		l.honest("anna", "bo")
		l.mergeAttack()
		l.edit("refunds/main.hcl", "50.00", "90.00")
		l.git(l.t, "bo", "kim.clone", "commit", "-q", "-a", "--amend", "--no-edit", "--reset-author")
		l.git(l.t, "bo", "kim.clone", "push", "-q", "-f", "origin", "HEAD:main")
	})
	add("who merges has changed the wish", "who made the change does not approve it", func(l *lab) {
		l.mergeAttack() // of what nobody approved; the merge grows by the wish of bo
		l.edit("refunds/main.hcl", "50.00", "60.00")
		l.git(l.t, "bo", "kim.clone", "commit", "-q", "-a", "--amend", "--no-edit", "--reset-author")
		l.git(l.t, "bo", "kim.clone", "push", "-q", "-f", "origin", "HEAD:main")
		l.pull(l.t, "ci", "main")
		l.ci(l.t, "plan", "--settings", "settings/shop.hcl", "--base", l.base, "--out", filepath.Join(l.dir, "plan.json"), "refunds")
		l.sign("anna", l.about("anna"), approvalNamespace)
		l.sign("bo", l.about("bo"), approvalNamespace)
		l.save("anna", "Approve")
		l.git(l.t, "anna", "kim.clone", "push", "-q", "origin", "HEAD:main")
	})
	add("a wish in the commit of an approval", "who made the change does not approve it", func(l *lab) {
		l.file("refunds/note.csv", "by bo\n")
		l.sign("bo", l.about("bo"), approvalNamespace)
		l.publish("bo")
		l.honest("anna")
	})
	all["anna is a co-author"] = attack{signed: true, says: "has 0; 2 missing", apply: 3, refuses: "who made the change does not approve it",
		do:    func(l *lab) { l.save("kim", "RMA 4411\n\nCO-AUTHORED-BY: Anna <ANNA@Example.com>") },
		forge: func(l *lab) { l.honest("bo", "anna") }}
	all["the author under another name"] = attack{signed: true, says: "has 0; 2 missing", apply: 3, refuses: "who made the change does not approve it",
		do: func(l *lab) {
			l.file(".mailmap", "Nobody <nobody@example.com> <kim@example.com>\n")
			l.file("refunds/.mailmap", "Nobody <nobody@example.com> <kim@example.com>\n")
		},
		forge: func(l *lab) { l.honest("anna", "kim") }}
	return all
}

// gitTricks try to have git run or tell something (R73, R80).
func gitTricks() map[string]attack {
	all := map[string]attack{}
	trick := func(name string, do func(*lab)) {
		all[name] = attack{signed: true, says: "1 action in SANDBOX mode", apply: 3, refuses: "has 0; 2 missing", do: do}
	}
	run := "touch ran; env > told"
	trick("attributes that filter", func(l *lab) {
		l.file(".gitattributes", "* filter=evil diff=evil merge=evil text eol=crlf export-subst ident\n")
		l.file("refunds/.gitattributes", "* -diff -text binary\n")
	})
	trick("a configuration of git in the tree", func(l *lab) {
		l.file(".gitconfig", "[core]\n\tfsmonitor = \""+run+"\"\n\thooksPath = hooks\n[alias]\n\tlog = \"!"+run+"\"\n")
		l.file("hooks/post-checkout", "#!/bin/sh\n"+run+"\n")
		l.file(".lfsconfig", "[lfs]\n\turl = https://evil.example\n")
	})
	trick("a submodule elsewhere", func(l *lab) {
		l.file(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = https://evil.example/x.git\n")
		l.save("kim", "x")
		l.git(l.t, "kim", "kim.clone", "update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("12", 20)+",x")
		l.git(l.t, "kim", "kim.clone", "commit", "-q", "-m", "A submodule")
	})
	all["a submodule in the folder"] = attack{plan: 3, says: "is a submodule in the head", apply: 3, refuses: "is a submodule in the head", do: func(l *lab) {
		l.save("kim", "RMA 4411")
		l.git(l.t, "kim", "kim.clone", "update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("12", 20)+",refunds/x")
		l.git(l.t, "kim", "kim.clone", "commit", "-q", "-m", "A submodule")
		if err := os.Mkdir(filepath.Join(l.dir, "kim.clone/refunds/x"), 0o755); err != nil {
			l.t.Fatal(err)
		}
	}}
	trick("a repository in the folder", func(l *lab) {
		l.git(l.t, "kim", "", "clone", "-q", "--bare", "origin.git", "inner")
		for _, name := range []string{"HEAD", "packed-refs"} {
			l.file("refunds/"+name, readText(l.t, filepath.Join(l.dir, "inner", name)))
		}
		l.file("refunds/config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsmonitor = \""+run+"\"\n\tpager = \""+run+"\"\n[log]\n\tshowSignature = true\n[gpg]\n\tprogram = \""+run+"\"\n")
		l.file("refunds/objects/x", "x")
		l.file("refunds/refs/x", "x")
	})
	trick("names that look like options", func(l *lab) {
		l.file("refunds/--output=told", "x")
		l.file("refunds/-n", "x")
		l.file("--exec=sh", "x")
	})
	trick("names with line ends and colours", func(l *lab) {
		l.file("refunds/a\n\x1b[2J\u202e.csv", "x")
	})
	all["a replaced commit"] = attack{plan: 0, says: "more than the limits allow", apply: 3, refuses: "more than the limits allow", do: func(l *lab) {
		l.edit("refunds/main.hcl", "50.00", "180.00")
		l.save("kim", "RMA 4411")
		l.edit("settings/shop.hcl", `per_action = "100.00 DKK"`, `per_action = "900.00 DKK"`)
		l.git(l.t, "kim", "kim.clone", "checkout", "-q", "--detach")
		l.save("kim", "Lax")
		lax := l.git(l.t, "kim", "kim.clone", "rev-parse", "HEAD")
		l.git(l.t, "kim", "kim.clone", "push", "-q", "origin", "HEAD:refs/replace/"+l.git(l.t, "kim", "kim.clone", "rev-parse", "refs/remotes/origin/main"), "HEAD:refs/heads/lax")
		l.git(l.t, "kim", "kim.clone", "checkout", "-q", "attack")
		l.git(l.t, "ci", "ci.clone", "fetch", "-q", "origin", "refs/replace/*:refs/replace/*", "refs/heads/lax")
		_ = lax
	}}
	all["a tag that is called as the branch"] = attack{do: func(l *lab) {
		l.save("kim", "RMA 4411")
		l.git(l.t, "kim", "kim.clone", "push", "-q", "origin", "HEAD:refs/tags/origin/main")
		l.git(l.t, "ci", "ci.clone", "fetch", "-q", "--tags")
		l.pull(l.t, "ci", "main")
		out, code := l.ci(l.t, "plan", "--settings", "settings/shop.hcl", "--base", "origin/main", "refunds")
		expect(l.t, "a short name", out, code, 3, "could mean refs/remotes/origin/main or refs/tags/origin/main")
	}, says: "1 action in SANDBOX mode", signed: true, apply: 3, refuses: "has 0; 2 missing"}
	all["a branch without history"] = attack{plan: 3, says: "no history in common", apply: 3, refuses: "no history in common", do: func(l *lab) {
		l.git(l.t, "kim", "kim.clone", "checkout", "-q", "--orphan", "apart")
		l.save("kim", "From nowhere")
		l.git(l.t, "kim", "kim.clone", "branch", "-q", "-f", "attack")
		l.git(l.t, "kim", "kim.clone", "checkout", "-q", "attack")
	}, forge: func(l *lab) {
		l.base = l.git(l.t, "kim", "kim.clone", "rev-parse", "refs/remotes/origin/main")
		l.git(l.t, "kim", "kim.clone", "push", "-q", "-f", "origin", "HEAD:main")
	}}
	return all
}

// falseHistory changes what was recorded (R32 to R34).
func falseHistory() map[string]attack {
	all := map[string]attack{}
	// done is a shop with a ledger: 50.00 was given back already.
	done := func(l *lab) {
		l.save("kim", "RMA 4411")
		l.push(l.t, "attack")
		l.plan(l.t)
		l.mergeAttack()
		if out, code := l.applyAttack(); code != 0 {
			l.t.Fatalf("the first refund: %s", out)
		}
		l.record(l.t)
		l.base = ""
		os.Remove(filepath.Join(l.dir, "plan.json"))
		l.git(l.t, "kim", "kim.clone", "fetch", "-q")
		l.git(l.t, "kim", "kim.clone", "checkout", "-q", "-f", "-B", "attack", "refs/remotes/origin/main")
	}
	ledger := "refunds/flexform.ledger"
	for name, do := range map[string]func(*lab){
		"the ledger is cut off": func(l *lab) {
			text := readText(l.t, filepath.Join(l.dir, "kim.clone", ledger))
			l.file(ledger, text[:strings.LastIndex(strings.TrimSpace(text), "\n")+1])
		},
		"the ledger is edited":        func(l *lab) { l.edit(ledger, "5000", "4000") },
		"the ledger is deleted":       func(l *lab) { l.git(l.t, "kim", "kim.clone", "rm", "-q", ledger) },
		"the ledger becomes a folder": func(l *lab) { l.git(l.t, "kim", "kim.clone", "rm", "-q", ledger); l.file(ledger+"/x", "x") },
	} {
		all[name] = attack{plan: 3, says: "touches the ledger refunds/flexform.ledger", apply: 3, refuses: "touches the ledger", moves: 1, do: func(l *lab) {
			done(l)
			do(l)
		}}
	}
	all["the ledger moves"] = attack{plan: 3, says: split, apply: 3, refuses: split, bites: "money", do: func(l *lab) {
		l.edit("settings/shop.hcl", "limits ", "ledger \"file\" {\n  path = \"other.ledger\"\n}\n\nlimits ")
	}}
	all["a ledger beside the wish"] = attack{plan: 1, says: "Setting outside the settings file", apply: 1, refuses: "Setting outside the settings file", do: func(l *lab) {
		l.file("refunds/ledger.hcl", "ledger \"file\" {\n  path = \"other.ledger\"\n}\n")
	}}
	// The machine has checked out the merge that it is about, and not the newest
	// state of the branch, which knows that it was applied.
	all["the same approvals again, and an old ledger"] = attack{signed: true, says: "No changes", refuses: "No changes", moves: 1, do: func(l *lab) {
		l.save("kim", "RMA 4411")
		l.push(l.t, "attack")
		l.plan(l.t)
		l.honest("anna", "bo")
		l.mergeAttack()
		if out, code := l.applyAttack(); code != 0 {
			l.t.Fatalf("the first refund: %s", out)
		}
		l.record(l.t)
		l.git(l.t, "ci", "ci.clone", "checkout", "-q", "-f", "--detach", "HEAD^1")
		out, code := l.ci(l.t, "apply", "--settings", "settings/shop.hcl", "--base", l.base, "--tip", "refs/remotes/origin/main", "refunds")
		expect(l.t, "an old ledger", out, code, 3, "does not continue the one of the protected branch")
		l.git(l.t, "kim", "kim.clone", "fetch", "-q")
		l.git(l.t, "kim", "kim.clone", "checkout", "-q", "-f", "-B", "attack", "refs/remotes/origin/main")
		l.base = l.git(l.t, "kim", "kim.clone", "rev-parse", "HEAD")
	}}
	return all
}

// bombs are too large, too deep or too many.
func bombs() map[string]attack {
	return map[string]attack{
		"a table of 65 MiB": {plan: 1, says: "File too large", apply: 1, refuses: "File too large", do: func(l *lab) {
			l.file("refunds/table.csv", "transact\n"+strings.Repeat("11111111\n", 65<<20/9))
			l.file("refunds/table.hcl", "locals {\n  all = csv(\"table.csv\", \"transact\")\n}\n")
		}},
		"brackets in brackets": {plan: 1, says: "Nesting too deep", apply: 1, refuses: "Nesting too deep", do: func(l *lab) { l.file("refunds/deep.hcl", "locals {\n  a = "+strings.Repeat("[", 100_000)) }},
		"a list of a billion":  {plan: 1, says: "range", apply: 1, refuses: "range", do: func(l *lab) { l.file("refunds/wide.hcl", "locals {\n  a = range(1000000000)\n}\n") }},
	}
}
