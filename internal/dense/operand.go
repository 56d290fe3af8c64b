package dense

import "gonum.org/v1/gonum/blas"

// operand is op(A), a matrix or its transpose in row-major storage: entry
// (i, k) is data[i*ld+k], or data[k*ld+i] if trans.
type operand struct {
	data  []float64
	ld    int
	trans bool
}

func op(t blas.Transpose, a []float64, lda int) operand {
	return operand{data: a, ld: lda, trans: t != blas.NoTrans}
}

// t returns the transpose.
func (o operand) t() operand {
	o.trans = !o.trans
	return o
}

// at returns entry (i, k).
func (o operand) at(i, k int) float64 {
	if o.trans {
		return o.data[k*o.ld+i]
	}
	return o.data[i*o.ld+k]
}

// fits reports whether op(A) with r rows and c columns is stored within its
// slice with a legal leading dimension; r, c >= 1.
func (o operand) fits(r, c int) bool {
	if o.trans {
		r, c = c, r
	}
	return o.ld >= c && len(o.data) >= (r-1)*o.ld+c
}

// pack copies rows i0..i0+n-1, columns k0..k0+kc-1 into panels of width w: in
// panel p entry (i0+p*w+r, k0+l) goes to dst[p*w*kc+l*w+r]. Rows beyond n are
// zero. w is a multiple of 4.
func (o operand) pack(dst []float64, w, i0, n, k0, kc int) {
	for r := 0; r < n; r += w {
		o.packPanel(dst[r*kc:r*kc+w*kc], w, i0+r, min(w, n-r), k0, kc)
	}
}

// packPanel packs n <= w rows.
func (o operand) packPanel(dst []float64, w, i0, n, k0, kc int) {
	if n < w {
		clear(dst)
	}
	if o.trans {
		o.packColumns(dst, w, i0, n, k0, kc)
		return
	}
	if n < 4 {
		for r := range n {
			for l, v := range o.data[(i0+r)*o.ld+k0:][:kc] {
				dst[l*w+r] = v
			}
		}
		return
	}
	for r := 0; r < n; r += 4 {
		q := min(r, n-4) // the last quad may overlap the one before
		o.packQuad(dst[q:], w, i0+q, k0, kc)
	}
}

// packQuad transposes four rows of length kc.
func (o operand) packQuad(dst []float64, w, i0, k0, kc int) {
	src := o.data[i0*o.ld+k0:]
	if blocks := kc / 4; blocks > 0 {
		_ = src[3*o.ld+4*blocks-1]
		_ = dst[(4*blocks-1)*w+3]
		machine.transpose(blocks, src, o.ld, 4, dst, w, 4*w)
	}
	for l := kc &^ 3; l < kc; l++ {
		for r := range 4 {
			dst[l*w+r] = src[r*o.ld+l]
		}
	}
}

// packColumns copies kc stored rows of length n.
func (o operand) packColumns(dst []float64, w, i0, n, k0, kc int) {
	src := o.data[k0*o.ld+i0:]
	quads := n / 4
	if quads > 0 {
		_ = src[(kc-1)*o.ld+4*quads-1]
		_ = dst[(kc-1)*w+4*quads-1]
		machine.copyRows(kc, src, o.ld, dst, w, quads)
	}
	if n%4 == 0 {
		return
	}
	for l := range kc {
		for r := 4 * quads; r < n; r++ {
			dst[l*w+r] = src[l*o.ld+r]
		}
	}
}

// unpackPanel is the inverse of packPanel with k0 = 0: it writes n <= w rows
// and kc columns of op(A).
func (o operand) unpackPanel(src []float64, w, i0, n, kc int) {
	if o.trans {
		for l := range kc {
			copy(o.data[l*o.ld+i0:][:n], src[l*w:])
		}
		return
	}
	if n < 4 {
		for r := range n {
			row := o.data[(i0+r)*o.ld:][:kc]
			for l := range row {
				row[l] = src[l*w+r]
			}
		}
		return
	}
	for r := 0; r < n; r += 4 {
		q := min(r, n-4)
		o.unpackQuad(src[q:], w, i0+q, kc)
	}
}

// unpackQuad writes four rows of length kc.
func (o operand) unpackQuad(src []float64, w, i0, kc int) {
	dst := o.data[i0*o.ld:]
	if blocks := kc / 4; blocks > 0 {
		_ = src[(4*blocks-1)*w+3]
		_ = dst[3*o.ld+4*blocks-1]
		machine.transpose(blocks, src, w, 4*w, dst, o.ld, 4)
	}
	for l := kc &^ 3; l < kc; l++ {
		for r := range 4 {
			dst[r*o.ld+l] = src[l*w+r]
		}
	}
}

// from returns op(A) without its first i rows and k columns.
func (o operand) from(i, k int) operand {
	if o.trans {
		i, k = k, i
	}
	o.data = o.data[i*o.ld+k:]
	return o
}
