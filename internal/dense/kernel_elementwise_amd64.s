#include "textflag.h"

// What is done number by number, four at a time; the rest of a vector is left to Go.

// func select4(quads int, dst, sign, from *float64)
TEXT ·select4(SB), NOSPLIT, $0-32
	MOVQ quads+0(FP), CX
	MOVQ dst+8(FP), DI
	MOVQ sign+16(FP), AX
	MOVQ from+24(FP), BX
	VXORPD Y0, Y0, Y0
	SUBQ $2, CX
	JLT  one

	PCALIGN $32
two:
	VMOVUPD (AX), Y1
	VMOVUPD 32(AX), Y2
	VMOVUPD (BX), Y3
	VMOVUPD 32(BX), Y4
	VBLENDVPD Y1, Y0, Y3, Y3
	VBLENDVPD Y2, Y0, Y4, Y4
	VMOVUPD Y3, (DI)
	VMOVUPD Y4, 32(DI)
	ADDQ $64, AX
	ADDQ $64, BX
	ADDQ $64, DI
	SUBQ $2, CX
	JGE  two

one:
	ADDQ $2, CX
	JZ   done
	VMOVUPD (AX), Y1
	VMOVUPD (BX), Y3
	VBLENDVPD Y1, Y0, Y3, Y3
	VMOVUPD Y3, (DI)

done:
	VZEROUPPER
	RET

// func mulAdd4(quads int, p, q float64, a, x, y *float64)
TEXT ·mulAdd4(SB), NOSPLIT, $0-48
	MOVQ quads+0(FP), CX
	VBROADCASTSD p+8(FP), Y0
	VBROADCASTSD q+16(FP), Y1
	MOVQ a+24(FP), AX
	MOVQ x+32(FP), BX
	MOVQ y+40(FP), DI
	SUBQ $2, CX
	JLT  one

	PCALIGN $32
two:
	VMULPD (AX), Y0, Y2
	VMULPD 32(AX), Y0, Y3
	VADDPD Y1, Y2, Y2
	VADDPD Y1, Y3, Y3
	VMULPD (BX), Y2, Y2
	VMULPD 32(BX), Y3, Y3
	VADDPD (DI), Y2, Y2
	VADDPD 32(DI), Y3, Y3
	VMOVUPD Y2, (DI)
	VMOVUPD Y3, 32(DI)
	ADDQ $64, AX
	ADDQ $64, BX
	ADDQ $64, DI
	SUBQ $2, CX
	JGE  two

one:
	ADDQ $2, CX
	JZ   done
	VMULPD (AX), Y0, Y2
	VADDPD Y1, Y2, Y2
	VMULPD (BX), Y2, Y2
	VADDPD (DI), Y2, Y2
	VMOVUPD Y2, (DI)

done:
	VZEROUPPER
	RET
