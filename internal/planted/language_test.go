package planted

// inLanguage: what the configuration and its amounts mean.
var inLanguage = map[string]plant{
	"a merchant has two spellings": {
		file:  "schema/merchants.go",
		old:   "	if ok && strings.HasPrefix(id, \"0\") {",
		new:   "	if ok && strings.HasPrefix(id, \"00\") {",
		why:   "The refunds of one merchant are counted as those of two, and a partial one is paid once for each.",
		judge: in("schema", "TestMistakes"),
	},
	"a transaction may be declared twice": {
		file:  "schema/consistent.go",
		old:   "twice && t.Transact != \"\" {",
		new:   "twice && t.Transact == \"\" {",
		why:   "Two files ask for two totals of one payment.",
		judge: in("schema", "TestMistakes"),
	},
	"two currencies are added up": {
		file:  "money/amount.go",
		old:   "	case a.currency != b.currency:",
		new:   "	case a.currency != b.currency && a.minor < 0:",
		why:   "Kroner and euro become one sum.",
		judge: in("money", "TestMixedCurrenciesAreRefused"),
	},
	"a third decimal is dropped": {
		file:  "money/parse.go",
		old:   "len(fraction) != c.Decimals():",
		new:   "len(fraction) < c.Decimals():",
		why:   "10.000 kroner are read as 100.00.",
		judge: in("money", "TestParseRefuses"),
	},
	"credentials go to any host": {
		file:  "internal/cli/credentials.go",
		old:   "(strings.EqualFold(host, documentedHost) || trustedHost(env, host)) {",
		new:   "(strings.EqualFold(host, documentedHost) || trustedHost(env, host) || host != \"\") {",
		why:   "A pull request that changes one line has the login of the live gateway.",
		judge: in("internal/cli", "TestReadCredentials"),
	},
}
