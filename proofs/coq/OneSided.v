(** * One-sided errors, and graded grids

    What a grade asks for is one-sided: where it corrects upwards, how far the interpolant is above the residual, and where it
    corrects downwards, how far it is below. That holds for any weights that are nonnegative and sum to one, so for hats on
    Kuhn's grids in every dimension, and for d = 1 for grids with cells of different widths. *)

From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold KuhnHat NestedGrids Continuity CubeIntegral Scheme Hypercube.
Open Scope R_scope.

(** ** One point, any weights *)

Section Weights.
Context {A : Type}.
Variable nodes : list A.
Variable lambda : A -> R.
Hypothesis lambda_nonneg : forall a, In a nodes -> 0 <= lambda a.
Hypothesis lambda_total : lsum nodes lambda = 1.
Notation mean := (mean nodes lambda).

(** Values are upward, downward or absent at the nodes around the point. *)
Definition one_sided (c v : A -> R) (under over : R) : Prop :=
  (forall a, In a nodes -> 0 < lambda a -> 0 <= v a <= c a - under)
  \/ (forall a, In a nodes -> 0 < lambda a -> 0 <= - v a <= - c a - over)
  \/ (forall a, In a nodes -> 0 < lambda a -> v a = 0).

Lemma mean_opp v : mean (fun a => - v a) = - mean v.
Proof. unfold SoftThreshold.mean. rewrite (lsum_ext _ _ (fun a => -1 * (lambda a * v a))), lsum_scal by (intros; ring). ring. Qed.

Lemma mean_minus u v : mean (fun a => u a - v a) = mean u - mean v.
Proof. unfold SoftThreshold.mean. rewrite (lsum_ext _ _ (fun a => lambda a * u a - lambda a * v a)), lsum_minus by (intros; ring). reflexivity. Qed.

Lemma upward e (c v : A -> R) under : - under <= e - mean c ->
  (forall a, In a nodes -> 0 < lambda a -> 0 <= v a <= c a - under) -> 0 <= mean v <= e.
Proof.
  intros He Hv. split.
  - apply lsum_nonneg. intros a Ha. assert (h := lambda_nonneg a Ha).
    destruct (Req_dec (lambda a) 0) as [->|Hz]; [lra|]. apply Rmult_le_pos; [exact h|]. apply Hv; [exact Ha | lra].
  - assert (h : mean (fun a => v a - c a) <= - under).
    { apply mean_le; auto. intros a Ha Hp. destruct (Hv a Ha Hp). lra. }
    rewrite mean_minus in h. lra.
Qed.

(** - under <= e - I e <= over at the point: the correction lies between 0 and e. *)
Theorem one_sided_correction e (c v : A -> R) under over :
  - under <= e - mean c <= over -> one_sided c v under over ->
  0 <= mean v <= e \/ e <= mean v <= 0.
Proof.
  intros [H1 H2] [H|[H|H]].
  - left. now apply upward with c under.
  - right. destruct (upward (- e) (fun a => - c a) (fun a => - v a) over) as [h1 h2]; [rewrite mean_opp; lra | exact H |].
    rewrite mean_opp in h1, h2. lra.
  - assert (Hz : mean v = 0).
    { apply lsum_zero. intros a Ha. destruct (Req_dec (lambda a) 0) as [->|Hne]; [ring|].
      rewrite H; auto; [ring|]. assert (h := lambda_nonneg a Ha). lra. }
    rewrite Hz. destruct (Rle_dec 0 e); [left | right]; lra.
Qed.

(** So the residual is not larger, smaller where there is a correction, and bounded by what is left at the nodes and the error. *)
Theorem one_sided_shrinks e (c v : A -> R) under over rho :
  - under <= e - mean c <= over -> one_sided c v under over ->
  (forall a, In a nodes -> 0 < lambda a -> Rabs (c a - v a) <= rho) ->
  Rabs (e - mean v) <= Rabs e /\ (mean v <> 0 -> Rabs (e - mean v) < Rabs e) /\ Rabs (e - mean v) <= Rmax under over + rho.
Proof.
  intros He Hv Hrho. assert (H := one_sided_correction e c v under over He Hv).
  assert (Hm : Rabs (mean (fun a => c a - v a)) <= rho) by now apply mean_abs_le.
  rewrite mean_minus in Hm. assert (Hl := Rmax_l under over). assert (Hr := Rmax_r under over).
  unfold Rabs in *. repeat split; intros; repeat destruct Rcase_abs; lra.
Qed.
End Weights.

(** ** Kuhn's grids, with bounds for every point *)

Theorem one_sided_grade_lemma d N (e : point d -> R) (v : node d -> R) (under over : point d -> R) :
  (forall x, cube x -> - under x <= e x - interpolant N (sampled N e) x <= over x) ->
  (forall x, cube x -> one_sided (nodes N d) (fun a => hat (local N x a)) (sampled N e) v (under x) (over x)) ->
  forall x, cube x -> Rabs (step N v e x) <= Rabs (e x) /\ (interpolant N v x <> 0 -> Rabs (step N v e x) < Rabs (e x)).
Proof.
  intros He Hv x Hx.
  destruct (one_sided_shrinks (nodes N d) (fun a => hat (local N x a)) ltac:(intros; apply hat_nonneg) (hats_sum_to_one N d x Hx)
    (e x) (sampled N e) v (under x) (over x) (lsum (nodes N d) (fun a => Rabs (sampled N e a - v a)))) as [h1 [h2 _]];
    [apply He, Hx | apply Hv, Hx | | now split].
  intros a Ha _. apply (lsum_term_le (nodes N d) (fun a => Rabs (sampled N e a - v a))); auto. intros; apply Rabs_pos.
Qed.

(** ** Graded grids on an interval: t_0 < t_1 < ... < t_m *)

Section Graded.
Variable m : nat.
Variable t : nat -> R.
Hypothesis rising : forall i, (i < m)%nat -> t i < t (S i).

(** From 0 before t_i to 1 behind t_(i+1). *)
Definition ramp (i : nat) (x : R) : R := relu ((x - t i) / (t (S i) - t i)) - relu ((x - t i) / (t (S i) - t i) - 1).
(** 1 to the left of t_i, and no more to come behind t_m. *)
Definition reach (i : nat) (x : R) : R := match i with O => 1 | S j => if Nat.ltb j m then ramp j x else 0 end.
Definition graded_hat (x : R) (i : nat) : R := reach i x - reach (S i) x.
Definition ends : list nat := seq 0 (S m).
Definition graded_interpolant (v : nat -> R) (x : R) : R := mean ends (graded_hat x) v.

Lemma ramp_cases i x : (i < m)%nat ->
  (x <= t i /\ ramp i x = 0) \/ (t (S i) <= x /\ ramp i x = 1) \/ (t i <= x <= t (S i) /\ ramp i x = (x - t i) / (t (S i) - t i)).
Proof.
  intros Hi. assert (h := rising i Hi). unfold ramp. set (s := (x - t i) / (t (S i) - t i)).
  assert (Hs : x - t i = s * (t (S i) - t i)) by (unfold s; field; lra).
  destruct (Rle_dec x (t i)) as [H1|H1]; [left | destruct (Rle_dec (t (S i)) x) as [H2|H2]; right; [left | right]].
  - split; [exact H1|]. assert (s <= 0) by nra. rewrite !relu_neg by lra. ring.
  - split; [exact H2|]. assert (1 <= s) by nra. rewrite !relu_pos by lra. ring.
  - split; [lra|]. assert (0 <= s <= 1) by (split; nra). rewrite relu_pos, relu_neg by lra. ring.
Qed.

Lemma ramp_unit i x : (i < m)%nat -> 0 <= ramp i x <= 1.
Proof.
  intros Hi. assert (h := rising i Hi). destruct (ramp_cases i x Hi) as [[_ ->]|[[_ ->]|[H ->]]]; [lra | lra |].
  split; [apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra]|].
  apply Rmult_le_reg_r with (t (S i) - t i); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

Lemma rising_le i j : (i <= j <= m)%nat -> t i <= t j.
Proof.
  intros [Hij Hm]. induction Hij as [|j Hij IH]; [lra|]. assert (h := rising j ltac:(lia)). assert (t i <= t j) by (apply IH; lia). lra.
Qed.

Theorem graded_hat_nonneg x i : 0 <= graded_hat x i.
Proof.
  unfold graded_hat. destruct i as [|j]; cbn [reach].
  - destruct (Nat.ltb_spec 0 m) as [h|h]; [destruct (ramp_unit 0 x h); lra | lra].
  - destruct (Nat.ltb_spec j m) as [hj|hj], (Nat.ltb_spec (S j) m) as [hs|hs]; try lia; [|destruct (ramp_unit j x hj); lra | lra].
    destruct (ramp_cases (S j) x hs) as [[_ ->]|H]; [destruct (ramp_unit j x hj); lra|].
    assert (Hx : t (S j) <= x) by (assert (k := rising (S j) hs); destruct H as [[? _]|[[? _] _]]; lra).
    assert (k := rising j hj). destruct (ramp_unit (S j) x hs) as [_ Hu].
    destruct (ramp_cases j x hj) as [[h1 _]|[[_ ->]|[[h1 h2] ->]]]; [lra | lra |].
    replace ((x - t j) / (t (S j) - t j)) with 1; [lra|]. replace x with (t (S j)) by lra. field. lra.
Qed.

Theorem graded_hats_sum_to_one x : lsum ends (graded_hat x) = 1.
Proof.
  assert (H := sum_telescope (S m) (fun i => - reach i x)). unfold sum in H. unfold ends.
  rewrite (lsum_ext _ (graded_hat x) (fun i => - reach (S i) x - - reach i x)) by (intros; unfold graded_hat; ring).
  rewrite H. cbn [reach]. rewrite Nat.ltb_irrefl. ring.
Qed.

(** The ramps carry the differences of the values. *)
Lemma graded_by_ramps v x : graded_interpolant v x = v O + sum m (fun j => ramp j x * (v (S j) - v j)).
Proof.
  unfold graded_interpolant, mean, ends, graded_hat.
  assert (H : forall k, (k <= m)%nat -> lsum (seq 0 k) (fun a => (reach a x - reach (S a) x) * v a)
            = v O + sum k (fun j => ramp j x * (v (S j) - v j)) - reach k x * v k).
  { induction k as [|k IH]; intros Hk; [unfold sum; cbn [seq lsum reach]; ring|].
    rewrite seq_S, lsum_app, IH by lia. cbn [lsum]. rewrite sum_S. cbn [plus reach].
    destruct (Nat.ltb_spec k m); [|lia]. ring. }
  rewrite seq_S, lsum_app, H by lia. cbn [lsum plus]. cbn [reach]. rewrite Nat.ltb_irrefl. ring.
Qed.

(** On a cell it is the chord. *)
Theorem graded_chord v i x : (i < m)%nat -> t i <= x <= t (S i) ->
  graded_interpolant v x = v i + (x - t i) / (t (S i) - t i) * (v (S i) - v i).
Proof.
  intros Hi Hx. rewrite graded_by_ramps. assert (h := rising i Hi).
  assert (Hleft : forall j, (j < i)%nat -> ramp j x = 1).
  { intros j Hj. assert (k := rising j ltac:(lia)). assert (k2 := rising_le (S j) i ltac:(lia)).
    destruct (ramp_cases j x ltac:(lia)) as [[h1 _]|[[_ ->]|[[h1 h2] ->]]]; [lra | lra |].
    replace x with (t (S j)) by lra. field. lra. }
  assert (Hright : forall j, (i < j < m)%nat -> ramp j x = 0).
  { intros j Hj. assert (k := rising j ltac:(lia)). assert (k2 := rising_le (S i) j ltac:(lia)).
    destruct (ramp_cases j x ltac:(lia)) as [[_ ->]|[[h1 _]|[[h1 h2] ->]]]; [lra | lra |].
    replace x with (t j) by lra. field. lra. }
  assert (Hat : ramp i x = (x - t i) / (t (S i) - t i)).
  { destruct (ramp_cases i x Hi) as [[h1 ->]|[[h1 ->]|[_ E]]]; [| |exact E].
    - replace x with (t i) by lra. field. lra.
    - replace x with (t (S i)) by lra. field. lra. }
  assert (Hsplit : forall k, (i < k <= m)%nat -> sum k (fun j => ramp j x * (v (S j) - v j))
            = v i - v O + (x - t i) / (t (S i) - t i) * (v (S i) - v i)).
  { induction k as [|k IH]; intros Hk; [lia|]. rewrite sum_S. destruct (Nat.eq_dec k i) as [->|Hne].
    - rewrite Hat. rewrite (sum_ext i _ (fun j => v (S j) - v j)) by (intros j Hj; rewrite Hleft by exact Hj; ring).
      rewrite sum_telescope. ring.
    - rewrite IH, Hright by lia. ring. }
  rewrite Hsplit by lia. ring.
Qed.

(** A function that is affine on every cell is its own interpolant: so is the correction of an earlier grade, whose ends are among
    these, and a residual's interpolation error is that of the target. *)
Theorem graded_reproduces (g : R -> R) i x : (i < m)%nat -> t i <= x <= t (S i) ->
  (forall s, t i <= s <= t (S i) -> g s = g (t i) + (s - t i) / (t (S i) - t i) * (g (t (S i)) - g (t i))) ->
  graded_interpolant (fun j => g (t j)) x = g x.
Proof. intros Hi Hx Hg. rewrite (graded_chord _ i) by assumption. symmetry. now apply Hg. Qed.

(** A grade on a graded grid. *)
Theorem graded_grade_lemma (e : R -> R) (v : nat -> R) (under over : R -> R) x :
  - under x <= e x - graded_interpolant (fun i => e (t i)) x <= over x ->
  one_sided ends (graded_hat x) (fun i => e (t i)) v (under x) (over x) ->
  Rabs (e x - graded_interpolant v x) <= Rabs (e x)
  /\ (graded_interpolant v x <> 0 -> Rabs (e x - graded_interpolant v x) < Rabs (e x)).
Proof.
  intros He Hv.
  destruct (one_sided_shrinks ends (graded_hat x) ltac:(intros; apply graded_hat_nonneg) (graded_hats_sum_to_one x)
    (e x) (fun i => e (t i)) v (under x) (over x) (lsum ends (fun i => Rabs (e (t i) - v i)))) as [h1 [h2 _]];
    [exact He | exact Hv | | now split].
  intros a Ha _. apply (lsum_term_le ends (fun i => Rabs (e (t i) - v i))); auto. intros; apply Rabs_pos.
Qed.

Lemma graded_uniform v : uniformly_continuous (fun x : point 1 => graded_interpolant v (fst x)).
Proof.
  assert (Hx : uniformly_continuous (fun x : point 1 => fst x)).
  { intros eps He. exists eps. split; [exact He|]. intros [x []] [y []] _ _ [H _]. exact H. }
  assert (Hr : forall j, uniformly_continuous (fun x : point 1 => ramp j (fst x))).
  { intros j. unfold ramp. set (w := t (S j) - t j).
    assert (Hs : uniformly_continuous (fun x : point 1 => (fst x - t j) / w)).
    { unfold Rdiv. intros eps He. destruct (uc_scal 1 (/ w) _ (uniformly_continuous_minus 1 _ _ Hx (uc_const 1 (t j))) eps He) as [r [h K]].
      exists r. split; [exact h|]. intros x y H1 H2 H3. rewrite !(Rmult_comm (_ - t j)). now apply K. }
    apply uniformly_continuous_minus; apply uc_relu; [exact Hs|]. apply uniformly_continuous_minus; [exact Hs | apply uc_const]. }
  intros eps He.
  destruct (uc_plus 1 _ _ (uc_const 1 (v O)) (uc_sum 1 m (fun j x => (v (S j) - v j) * ramp j (fst x)) (fun j => uc_scal 1 _ _ (Hr j))) eps He)
    as [r [h K]].
  exists r. split; [exact h|]. intros x y H1 H2 H3. rewrite !graded_by_ramps.
  rewrite (sum_ext m (fun j => ramp j (fst x) * _) (fun j => (v (S j) - v j) * ramp j (fst x))) by (intros; ring).
  rewrite (sum_ext m (fun j => ramp j (fst y) * _) (fun j => (v (S j) - v j) * ramp j (fst y))) by (intros; ring).
  now apply K.
Qed.
End Graded.

(** A coarse interpolant is its own interpolant on a refined grid. *)
Theorem graded_nested m t m' t' v i j x :
  (forall i, (i < m)%nat -> t i < t (S i)) -> (forall j, (j < m')%nat -> t' j < t' (S j)) ->
  (i < m)%nat -> (j < m')%nat -> t i <= t' j -> t' (S j) <= t (S i) -> t' j <= x <= t' (S j) ->
  graded_interpolant m' t' (fun l => graded_interpolant m t v (t' l)) x = graded_interpolant m t v x.
Proof.
  intros H H' Hi Hj H1 H2 Hx. apply graded_reproduces with j; auto. intros s Hs. assert (h := H i Hi). assert (h' := H' j Hj).
  rewrite !(graded_chord m t H v i) by (auto; lra). field. lra.
Qed.

(** ** A scheme on graded grids, d = 1: any grids and values whose bounds hold *)

Section Schedule.
Variable f : R -> R.
Variable m : nat -> nat.              (* cells of grade k *)
Variable t : nat -> nat -> R.         (* ends of grade k *)
Variable v : nat -> nat -> R.         (* values of grade k *)
Variables under over : nat -> R -> R. (* how far the residual is below and above its interpolant *)

Fixpoint graded_residual (k : nat) (x : R) : R :=
  match k with O => f x | S k' => graded_residual k' x - graded_interpolant (m k') (t k') (v k') x end.

Hypothesis rising : forall k i, (i < m k)%nat -> t k i < t k (S i).
Hypothesis aside : forall k x, 0 <= x <= 1 ->
  - under k x <= graded_residual k x - graded_interpolant (m k) (t k) (fun i => graded_residual k (t k i)) x <= over k x.
Hypothesis values : forall k x, 0 <= x <= 1 ->
  one_sided (ends (m k)) (graded_hat (m k) (t k) x) (fun i => graded_residual k (t k i)) (v k) (under k x) (over k x).

Theorem graded_nonincreasing k x : 0 <= x <= 1 -> Rabs (graded_residual (S k) x) <= Rabs (graded_residual k x).
Proof. intros Hx. cbn [graded_residual]. apply (graded_grade_lemma (m k) (t k) (rising k) _ (v k) (under k) (over k)); auto. Qed.

Theorem graded_strict k x : 0 <= x <= 1 -> graded_interpolant (m k) (t k) (v k) x <> 0 ->
  Rabs (graded_residual (S k) x) < Rabs (graded_residual k x).
Proof. intros Hx. cbn [graded_residual]. apply (graded_grade_lemma (m k) (t k) (rising k) _ (v k) (under k) (over k)); auto. Qed.

Theorem graded_lp_decay p k : 0 < p -> continuous_on_cube (fun x : point 1 => f (fst x)) ->
  (exists x, 0 <= x <= 1 /\ graded_interpolant (m k) (t k) (v k) x <> 0) ->
  lp_integral p (fun x : point 1 => graded_residual (S k) (fst x)) < lp_integral p (fun x : point 1 => graded_residual k (fst x)).
Proof.
  intros Hp Hf [x [Hx Hq]].
  assert (Hu : forall j, uniformly_continuous (fun x : point 1 => graded_residual j (fst x))).
  { induction j as [|j IH]; [now apply heine|]. cbn [graded_residual].
    apply (uniformly_continuous_minus 1 _ _ IH (graded_uniform (m j) (t j) (v j))). }
  apply lp_decay with ((x, tt) : point 1); [exact Hp | apply Hu | apply Hu | | split; [exact Hx | exact I] | now apply graded_strict].
  intros [z []] [Hz _]. now apply graded_nonincreasing.
Qed.
End Schedule.
