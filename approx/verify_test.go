package approx_test
import ("testing";"context";"time";"fmt";"multigrade/approx";"multigrade/proofs";"runtime")
func TestTry(t *testing.T){
 for _,c:=range []struct{s string;d,k int}{{"sin(2*pi*x) + abs(x-1/3)/2",1,12},{"sqrt(x)",1,12},{"max(x, 1-x)^3",1,12},{"abs(x-1/3)",1,8},{"sin(2*pi*x)*cos(pi*y)+abs(x-y)/2",2,9},{"exp(-x1-x2^2)*sin(3*x3)",3,6},{"exp(-x)",1,20}}{
  e,err:=approx.ParseExpr(c.s,c.d); if err!=nil{t.Fatal(err)}
  o:=approx.DefaultOptions();o.Grades=c.k;o.Threads=2
  t0:=time.Now()
  s,err:=approx.Build(context.Background(),e,o); if err!=nil{t.Fatal(err)}
  t1:=time.Now()
  dir:=t.TempDir()
  if err:=approx.Save(dir,s);err!=nil{t.Fatal(err)}
  t2:=time.Now()
  r,err:=proofs.CheckCube(context.Background(),dir)
  t3:=time.Now()
  fmt.Println(c.s,"build",t1.Sub(t0),"save",t2.Sub(t1),"check",t3.Sub(t2),r.Verdict(),err,len(r.Claims))
  for _,cl:=range r.Claims { if cl.Verdict!=proofs.Valid || cl.Name=="pointwise"&&cl.Scope!="" && false { fmt.Println(cl.Name,cl.Scope,cl.Verdict,cl.Detail)}}
  runtime.GC()
 }
}
