package sandbox

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
)

const (
	bombSize = 1 << 30 // bytes, unpacked
	bombUnit = 1 << 20
)

// bomb returns gzip that unpacks to body and size bytes of zeros behind it, a
// thousandth of them packed. As all is zeros, one packed unit can stand again
// and again: what it refers to within the unit before is the same.
func bomb(body string, size int) string {
	var packed bytes.Buffer
	packed.WriteString("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff") // RFC 1952: deflate, no name, no time
	zeros := make([]byte, bombUnit)
	sum := crc32.ChecksumIEEE([]byte(body))
	// A buffer takes all, and the level is one of the package's.
	z, _ := flate.NewWriter(&packed, flate.BestCompression)
	_, _ = z.Write([]byte(body))
	write := func() {
		_, _ = z.Write(zeros)
		_ = z.Flush() // ends on a byte
		sum = crc32.Update(sum, crc32.IEEETable, zeros)
	}
	write()
	start := packed.Len()
	write()
	unit := bytes.Clone(packed.Bytes()[start:])
	for done := 2 * bombUnit; done < size; done += bombUnit {
		packed.Write(unit)
		sum = crc32.Update(sum, crc32.IEEETable, zeros)
	}
	packed.Write([]byte{0x01, 0x00, 0x00, 0xff, 0xff}) // RFC 1951: the last block, stored, of no bytes
	trailer := binary.LittleEndian.AppendUint32(nil, sum)
	trailer = binary.LittleEndian.AppendUint32(trailer, uint32(len(body)+max(size, 2*bombUnit)))
	packed.Write(trailer)
	return packed.String()
}
