package schema

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// characters returns where HCL has refused a character. That a value is missing
// there, which it says as well, is no mistake of its own.
func characters(diags hcl.Diagnostics) (places []hcl.Range) {
	for _, d := range diags {
		if d.Summary == "Invalid character" {
			places = append(places, *d.Subject)
		}
	}
	return places
}

// inPlainWords rewrites the messages of HCL that people meet most, for readers
// who have never seen HCL.
func inPlainWords(d *hcl.Diagnostic) *hcl.Diagnostic {
	switch d.Summary {
	case "Invalid expression", "Missing expression":
		d.Summary = "Missing value"
		d.Detail = "A value is expected here: a text in quotes such as \"200.00 DKK\", a number, or a name such as local.batch."
	case "Argument or block definition required":
		d.Summary = "Attribute or block expected"
		d.Detail = "A line must begin with the name of an attribute and an equals sign, or with a block, as in:\n\n    orderid = \"1001\"\n    transaction \"order_1001\" {"
	case "Missing newline after argument":
		d.Summary = "Text after the value"
		d.Detail = "The value ends before this point, and the line must end with it. If this is part of a text, put the whole text in quotes; a second attribute goes on a line of its own."
	case "Missing newline after block definition":
		d.Summary = "Text after the block"
		d.Detail = "A block ends with }, and nothing may follow on the same line. Begin a new line."
	case "Invalid argument name":
		d.Summary = "Attribute name in quotes"
		d.Detail = "The name of an attribute stands without quotes, as in orderid = \"1001\"."
	case "Attribute redefined":
		d.Summary = "Duplicate attribute"
		d.Detail = strings.Replace(d.Detail, "The argument", "The attribute", 1)
		d.Detail = strings.Replace(d.Detail, "Each argument may be set only once.", "Keep one of the two lines.", 1)
	}
	return d
}
