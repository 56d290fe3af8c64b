// Package dataset reads the numbers a model is trained on from files.
//
// A data file becomes a feature matrix X (n rows, d columns) and one vector y
// (length n) per target column:
//
//	text    a header line, then cells between commas, semicolons, tabs, bars or
//	        blanks; the target is the last column unless another one is named
//	libsvm  "label index:value ..." per line, indices from 1, ascending; the
//	        label is the target, X stays sparse (*sparse.CSR)
//	npy     a two-dimensional NumPy array of numbers; the last column is the
//	        target. npz: one such array, or X and y
//	image   PNG or JPEG: a row per pixel, (x, y) in [0, 1)^2 and its intensity
//	        or its red, green and blue in [0, 1]
//
// possibly compressed with gzip; Parquet and Arrow files become text tables first (Text). Which of these a file is, is decided by its first
// bytes, and for text by its first lines.
//
// A text table is looked through twice. The first time (scan) what the cells of each
// column have in common is noted, whatever they look like. Then it is decided
// (decide; follow, for further data of a model) what they are, and only where
// there is one meaning: numbers, with marks between thousands, before decimals or
// with a currency; dates; texts. What that comes to is a schema.Reading of the file and a
// schema.Encoding of its columns. The second time (fill) these two are applied to the letter. A
// model keeps both, and the checker applies them with readers of its own.
//
// Every number is the float64 nearest to the decimal in the file. NaN and
// infinities are no numbers: NaN is a missing value, which is refused, imputed or
// left out with its row.
//
// What is wrong with a file is reported as an *Error, which says where (file,
// line, column, counted from 1), what was expected there and what was found. Of several
// defects it is the first in the file. Limits say how large a file may be, and are
// checked before memory is asked for.
//
// The hash of a Data is taken over the raw bytes of the file, before any
// decompression, so that it can be compared with sha256sum.
package dataset
