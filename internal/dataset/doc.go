// Package dataset reads the numbers a model is trained on from files.
//
// A data file becomes a feature matrix X (n rows, d columns) and one vector y
// (length n) per target column:
//
//	CSV     a header line, then comma-separated numbers; the target is the
//	        last column unless another one is named
//	libsvm  "label index:value ..." per line, indices from 1, ascending; the
//	        label is the target, X stays sparse (*sparse.CSR)
//	npy     a two-dimensional NumPy array of numbers; the last column is the
//	        target
//	image   PNG or JPEG: a row per pixel, (x, y) in [0, 1)^2 and its intensity
//	        or its red, green and blue in [0, 1]
//
// tables possibly compressed with gzip. Which of these a file is, is decided by
// its first bytes, and for text by its first lines. The target of a CSV may be
// text, the names of classes.
//
// Every number is the float64 nearest to the decimal in the file. NaN and
// infinities are refused: they have no place in a least-squares problem.
//
// What is wrong with a file is reported as an *Error, which says where (file,
// line, column, counted from 1), what was expected there and what was found.
//
// The hash of a Data is taken over the raw bytes of the file, before any
// decompression, so that it can be compared with sha256sum.
package dataset
