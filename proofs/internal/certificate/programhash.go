package certificate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"

	"multigrade/proofs/internal/exact"
)

// ProgramHash returns the SHA-256, in lower-case hex, of the float64 bits of X
// row by row (entries a sparse row does not store are +0) and then of y, each
// number as eight little-endian bytes.
func ProgramHash(x exact.Matrix, y []float64) string {
	h := sha256.New()
	chunk := make([]byte, 0, 8*512)
	put := func(v float64) {
		if len(chunk) == cap(chunk) {
			h.Write(chunk)
			chunk = chunk[:0]
		}
		chunk = binary.LittleEndian.AppendUint64(chunk, math.Float64bits(v))
	}
	for i := range x.Rows {
		values, index := x.Row(i)
		column := 0
		for k, v := range values {
			if index != nil {
				for ; column < index[k]; column++ {
					put(0)
				}
			}
			put(v)
			column++
		}
		for ; column < x.Cols; column++ {
			put(0)
		}
	}
	for _, v := range y {
		put(v)
	}
	h.Write(chunk)
	return hex.EncodeToString(h.Sum(nil))
}
