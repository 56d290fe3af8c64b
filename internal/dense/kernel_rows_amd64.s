#include "textflag.h"

// Products of stored entries with rows of a matrix, a few columns in registers at a
// time. Products and sums are rounded one after the other, as in the Go kernels.

// R13 = the address of row ind[e] of a, Y8 = val[e] in all lanes.
#define ENTRY \
	MOVQ (R10)(R12*8), R13 \
	IMULQ R8, R13 \
	ADDQ AX, R13 \
	VBROADCASTSD (R11)(R12*8), Y8

#define ADDTERM(off, acc, tmp) \
	VMULPD off(R13), Y8, tmp \
	VADDPD tmp, acc, acc

#define ADDTO(off, x, tmp) \
	VMULPD x, Y8, tmp \
	VADDPD off(R13), tmp, tmp \
	VMOVUPD tmp, off(R13)

// func gatherRows4(n int, ind *int, val, a *float64, lda, quads int, y *float64)
TEXT ·gatherRows4(SB), NOSPLIT, $0-56
	MOVQ n+0(FP), CX
	MOVQ ind+8(FP), R10
	MOVQ val+16(FP), R11
	MOVQ a+24(FP), AX
	MOVQ lda+32(FP), R8
	MOVQ quads+40(FP), DX
	MOVQ y+48(FP), DI
	SHLQ $3, R8

four:
	CMPQ DX, $4
	JLT  one
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	XORQ R12, R12

	PCALIGN $32
fourEntries:
	ENTRY
	ADDTERM(0, Y0, Y9)
	ADDTERM(32, Y1, Y10)
	ADDTERM(64, Y2, Y11)
	ADDTERM(96, Y3, Y12)
	INCQ R12
	CMPQ R12, CX
	JLT  fourEntries
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	VMOVUPD Y3, 96(DI)
	ADDQ $128, DI
	ADDQ $128, AX
	SUBQ $4, DX
	JMP  four

one:
	TESTQ DX, DX
	JZ    end
	VXORPD Y0, Y0, Y0
	XORQ R12, R12

	PCALIGN $32
oneEntries:
	ENTRY
	ADDTERM(0, Y0, Y9)
	INCQ R12
	CMPQ R12, CX
	JLT  oneEntries
	VMOVUPD Y0, (DI)
	ADDQ $32, DI
	ADDQ $32, AX
	DECQ DX
	JMP  one

end:
	VZEROUPPER
	RET

// func scatterRows4(n int, ind *int, val, a *float64, lda, quads int, x *float64)
TEXT ·scatterRows4(SB), NOSPLIT, $0-56
	MOVQ n+0(FP), CX
	MOVQ ind+8(FP), R10
	MOVQ val+16(FP), R11
	MOVQ a+24(FP), AX
	MOVQ lda+32(FP), R8
	MOVQ quads+40(FP), DX
	MOVQ x+48(FP), DI
	SHLQ $3, R8

four:
	CMPQ DX, $4
	JLT  one
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2
	VMOVUPD 96(DI), Y3
	XORQ R12, R12

	PCALIGN $32
fourEntries:
	ENTRY
	ADDTO(0, Y0, Y9)
	ADDTO(32, Y1, Y10)
	ADDTO(64, Y2, Y11)
	ADDTO(96, Y3, Y12)
	INCQ R12
	CMPQ R12, CX
	JLT  fourEntries
	ADDQ $128, DI
	ADDQ $128, AX
	SUBQ $4, DX
	JMP  four

one:
	TESTQ DX, DX
	JZ    end
	VMOVUPD (DI), Y0
	XORQ R12, R12

	PCALIGN $32
oneEntries:
	ENTRY
	ADDTO(0, Y0, Y9)
	INCQ R12
	CMPQ R12, CX
	JLT  oneEntries
	ADDQ $32, DI
	ADDQ $32, AX
	DECQ DX
	JMP  one

end:
	VZEROUPPER
	RET
