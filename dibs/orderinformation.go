package dibs

import (
	"fmt"
	"strconv"
)

const (
	maxInformation = 500     // labels and cells of one order
	maxInfoText    = 4 << 10 // bytes of one of them; the gateway documents no bound
)

// An OrderInformation is what the administration shows of an order besides its
// payment (flexwin.md 9.4). It decides nothing. Texts are sent in Latin-1.
type OrderInformation struct {
	Text     string        // the simple kind: one text
	Delivery []Information // who gets it, and where
	Prices   []Information // what makes up the amount
	Lines    [][]string    // rows of cells; the first row is the headings
}

// An Information is a labelled text.
type Information struct{ Label, Text string }

func (o OrderInformation) check() error {
	count := 0
	for _, text := range o.texts() {
		count++
		if count > maxInformation {
			return fmt.Errorf("order information of more than %d texts", maxInformation)
		}
		if _, ok := latin1(text); !ok || len(text) > maxInfoText {
			return fmt.Errorf("order information %+q is not at most %d printable characters of Latin-1", escape(text, 60), maxInfoText)
		}
	}
	for _, labelled := range [][]Information{o.Delivery, o.Prices} {
		for _, i := range labelled {
			if i.Label == "" {
				return fmt.Errorf("order information %+q without a label", escape(i.Text, 60))
			}
		}
	}
	return nil
}

// texts returns everything that is sent, labels included.
func (o OrderInformation) texts() []string {
	texts := []string{o.Text}
	for _, labelled := range [][]Information{o.Delivery, o.Prices} {
		for _, i := range labelled {
			texts = append(texts, i.Label, i.Text)
		}
	}
	for _, row := range o.Lines {
		texts = append(texts, row...)
	}
	return texts
}

// addTo appends the fields. A label is part of its field's name.
func (o OrderInformation) addTo(f *form) {
	f.addLatin1("ordertext", o.Text)
	for i, d := range o.Delivery {
		f.addLatin1("delivery"+strconv.Itoa(i+1)+"."+d.Label, d.Text)
	}
	for i, p := range o.Prices {
		f.addLatin1("priceinfo"+strconv.Itoa(i+1)+"."+p.Label, p.Text)
	}
	for row, cells := range o.Lines {
		for column, cell := range cells {
			f.addLatin1("ordline"+strconv.Itoa(row)+"-"+strconv.Itoa(column+1), cell)
		}
	}
}

// addLatin1 appends a pair of texts that were checked, unless there is no text.
func (f *form) addLatin1(name, value string) {
	if value == "" {
		return
	}
	name, _ = latin1(name)
	value, _ = latin1(value)
	var encoded form
	encoded.add("", name)
	f.add(string(encoded[len("="):]), value)
}

// latin1 returns text in ISO-8859-1, and whether it has nothing but printable
// characters of that set.
func latin1(text string) (string, bool) {
	if printable(text) {
		return text, true
	}
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if r < ' ' || r > 0xff || 0x7f <= r && r < 0xa0 {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), true
}
