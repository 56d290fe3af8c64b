(** * The integral over [0,1]^d and strict decay

    The iterated Riemann integral, innermost coordinate last.  For continuous F <= G on the cube with F < G at one point the
    integral of F is strictly smaller: this turns the pointwise lemmas into strict decay of every L^p norm. *)

From Coq Require Import Reals List Lra Lia.
From Coquelicot Require Import Coquelicot.
From Multigrade Require Import FiniteSum TrainingBound KuhnHat Continuity.
Open Scope R_scope.

Fixpoint integral {d} : (point d -> R) -> R :=
  match d with
  | O => fun F => F tt
  | S d' => fun F => RInt (fun t => integral (fun v : point d' => F (t, v))) 0 1
  end.

(** ** One dimension, functions continuous on [0,1] only *)

Definition uniform_on_unit (f : R -> R) : Prop :=
  forall eps, 0 < eps -> exists delta, 0 < delta /\
    forall s t, 0 <= s <= 1 -> 0 <= t <= 1 -> Rabs (s - t) <= delta -> Rabs (f s - f t) <= eps.

(** [clamp] extends f from [0,1] to the line. *)
Definition clamp (t : R) : R := Rmax 0 (Rmin 1 t).

Lemma clamp_cases t :
  (clamp t = 0 /\ t <= 0) \/ (clamp t = t /\ 0 <= t <= 1) \/ (clamp t = 1 /\ 1 <= t).
Proof.
  unfold clamp. destruct (Rle_dec t 1).
  - rewrite (Rmin_right 1 t) by assumption. destruct (Rle_dec 0 t).
    + right; left. rewrite Rmax_right by assumption. lra.
    + left. rewrite Rmax_left by lra. lra.
  - right; right. rewrite Rmin_left, Rmax_right by lra. lra.
Qed.

Lemma clamp_range t : 0 <= clamp t <= 1.
Proof. destruct (clamp_cases t) as [h|[h|h]]; lra. Qed.

Lemma clamp_id t : 0 <= t <= 1 -> clamp t = t.
Proof. destruct (clamp_cases t) as [h|[h|h]]; lra. Qed.

Lemma clamp_lipschitz s t : Rabs (clamp s - clamp t) <= Rabs (s - t).
Proof.
  destruct (clamp_cases s) as [h|[h|h]]; destruct (clamp_cases t) as [h'|[h'|h']];
    unfold Rabs; do 2 destruct Rcase_abs; lra.
Qed.

Lemma clamp_continuous (f : R -> R) t : uniform_on_unit f -> continuous (fun s => f (clamp s)) t.
Proof.
  intros Hf. apply continuity_pt_filterlim. intros eps Heps.
  destruct (Hf (eps / 2)) as [delta [Hd H]]; [lra|]. exists delta. split; [exact Hd|].
  intros s [_ Hs]. simpl in *. unfold R_dist in *.
  apply Rle_lt_trans with (eps / 2); [|lra].
  apply H; try apply clamp_range. eapply Rle_trans; [apply clamp_lipschitz | lra].
Qed.

Lemma unit_integral_clamp (f : R -> R) : RInt f 0 1 = RInt (fun t => f (clamp t)) 0 1.
Proof.
  apply RInt_ext. intros t Ht. rewrite Rmin_left, Rmax_right in Ht by lra.
  rewrite clamp_id by lra. reflexivity.
Qed.

Lemma clamp_integrable (f : R -> R) a b : uniform_on_unit f -> ex_RInt (fun t => f (clamp t)) a b.
Proof. intros H. apply (@ex_RInt_continuous R_CompleteNormedModule). intros t _. now apply clamp_continuous. Qed.

Lemma unit_integral_minus (f g : R -> R) : uniform_on_unit f -> uniform_on_unit g ->
  RInt (fun t => f t - g t) 0 1 = RInt f 0 1 - RInt g 0 1.
Proof.
  intros Hf Hg.
  rewrite (unit_integral_clamp (fun t => f t - g t)), (unit_integral_clamp f), (unit_integral_clamp g).
  apply (RInt_minus (fun t => f (clamp t)) (fun t => g (clamp t))); now apply clamp_integrable.
Qed.

(** A nonnegative continuous function with a positive value has a positive integral. *)
Lemma unit_integral_positive (h : R -> R) t0 :
  uniform_on_unit h -> (forall t, 0 <= t <= 1 -> 0 <= h t) -> 0 <= t0 <= 1 -> 0 < h t0 -> 0 < RInt h 0 1.
Proof.
  intros Hh Hpos Ht0 H0. destruct (Hh (h t0 / 2)) as [r [Hr H]]; [lra|].
  assert (Hq : exists q, 0 < q <= 1 /\ q <= r).
  { exists (Rmin r 1). assert (0 < Rmin r 1) by (apply Rmin_pos; lra).
    assert (h1 := Rmin_l r 1). assert (h2 := Rmin_r r 1). lra. }
  destruct Hq as [q [Hq Hqr]].
  set (a := Rmax 0 (t0 - q / 2)). set (b := Rmin 1 (t0 + q / 2)).
  assert (Hab : 0 <= a /\ a < b /\ b <= 1).
  { repeat split; [apply Rmax_l | | apply Rmin_l].
    apply Rmin_glb_lt; apply Rmax_lub_lt; lra. }
  assert (Hnear : forall t, a <= t <= b -> h t0 / 2 <= h t).
  { intros t Ht. assert (h1 : Rabs (h t0 - h t) <= h t0 / 2).
    { apply H; [exact Ht0 | lra|]. assert (t0 - q / 2 <= a) by apply Rmax_r.
      assert (b <= t0 + q / 2) by apply Rmin_r. apply Rabs_le. lra. }
    unfold Rabs in h1. destruct Rcase_abs; lra. }
  rewrite unit_integral_clamp. set (g := fun t : R => h (clamp t)).
  assert (Hex : forall u v, ex_RInt g u v) by (intros; now apply clamp_integrable).
  assert (Hg : forall t, 0 <= g t) by (intros; apply Hpos, clamp_range).
  assert (Hsplit : RInt g 0 1 = RInt g 0 a + RInt g a b + RInt g b 1).
  { rewrite <- (RInt_Chasles g 0 b 1), <- (RInt_Chasles g 0 a b) by apply Hex. reflexivity. }
  rewrite Hsplit.
  assert (h1 : 0 <= RInt g 0 a) by (apply RInt_ge_0; auto; lra).
  assert (h2 : 0 <= RInt g b 1) by (apply RInt_ge_0; auto; lra).
  assert (h3 : RInt (fun _ => h t0 / 2) a b <= RInt g a b).
  { apply RInt_le; [lra | apply ex_RInt_const | apply Hex|].
    intros t Ht. unfold g. rewrite clamp_id by lra. apply Hnear. lra. }
  rewrite RInt_const in h3. unfold scal in h3; simpl in h3. unfold mult in h3; simpl in h3.
  assert (0 < (b - a) * (h t0 / 2)) by (apply Rmult_lt_0_compat; lra). lra.
Qed.

(** ** Every dimension *)

Lemma slice_uniform d (F : point (S d) -> R) t :
  uniformly_continuous F -> 0 <= t <= 1 -> uniformly_continuous (fun v : point d => F (t, v)).
Proof.
  intros HF Ht eps Heps. destruct (HF eps Heps) as [r [Hr H]]. exists r. split; [exact Hr|].
  intros x y Hx Hy Hxy. apply H; simpl; auto.
  split; [|exact Hxy]. rewrite Rminus_eq_0, Rabs_R0. lra.
Qed.

(** The four properties are proved together: each dimension needs them all one dimension below. *)
Lemma integral_properties d :
  (forall F G : point d -> R, uniformly_continuous F -> uniformly_continuous G ->
     integral (fun x => F x - G x) = integral F - integral G)
  /\ (forall (F : point d -> R) m, uniformly_continuous F -> (forall x, cube x -> Rabs (F x) <= m) -> Rabs (integral F) <= m)
  /\ (forall F : point d -> R, uniformly_continuous F -> (forall x, cube x -> 0 <= F x) -> 0 <= integral F)
  /\ (forall (F : point d -> R) x, uniformly_continuous F -> (forall x, cube x -> 0 <= F x) ->
        cube x -> 0 < F x -> 0 < integral F).
Proof.
  induction d as [|d [IHminus [IHbound [IHpos IHstrict]]]].
  - simpl. repeat split; auto. intros F [] HF Hpos Hx. auto.
  - assert (Huniform : forall F : point (S d) -> R, uniformly_continuous F ->
              uniform_on_unit (fun t => integral (fun v : point d => F (t, v)))).
    { intros F HF eps Heps. destruct (HF eps Heps) as [r [Hr H]]. exists r. split; [exact Hr|].
      intros s t Hs Ht Hst. rewrite <- IHminus by now apply slice_uniform.
      apply IHbound.
      - apply uniformly_continuous_minus; now apply slice_uniform.
      - intros x Hx. apply H; simpl; auto. split; [exact Hst|]. apply within_refl; lra. }
    split; [|split; [|split]].
    + intros F G HF HG. simpl. rewrite <- unit_integral_minus by now apply Huniform.
      apply RInt_ext. intros t Ht. rewrite Rmin_left, Rmax_right in Ht by lra.
      rewrite <- IHminus by (apply slice_uniform; auto; lra). reflexivity.
    + intros F m HF Hm. simpl.
      rewrite unit_integral_clamp.
      replace m with ((1 - 0) * m) by ring.
      apply abs_RInt_le_const; [lra | now apply (clamp_integrable _ 0 1 (Huniform F HF))|].
      intros t _. apply IHbound; [apply slice_uniform; auto; apply clamp_range|].
      intros x Hx. apply Hm. simpl. split; [apply clamp_range | exact Hx].
    + intros F HF Hpos. simpl. rewrite unit_integral_clamp.
      apply RInt_ge_0; [lra | now apply (clamp_integrable _ 0 1 (Huniform F HF))|].
      intros t _. apply IHpos; [apply slice_uniform; auto; apply clamp_range|].
      intros x Hx. apply Hpos. simpl. split; [apply clamp_range | exact Hx].
    + intros F [x1 x2] HF Hpos [Hx1 Hx2] H0. simpl in Hx1, Hx2. simpl.
      apply unit_integral_positive with x1; [now apply Huniform | | exact Hx1 |].
      * intros t Ht. apply IHpos; [now apply slice_uniform|].
        intros x Hx. apply Hpos. simpl. auto.
      * apply IHstrict with x2; [now apply slice_uniform | | exact Hx2 | exact H0].
        intros x Hx. apply Hpos. simpl. auto.
Qed.

(** Only values on the cube count. *)
Lemma integral_ext d : forall F G : point d -> R, (forall x, cube x -> F x = G x) -> integral F = integral G.
Proof.
  induction d as [|d IH]; intros F G H; [now apply H|].
  simpl. apply RInt_ext. intros t Ht. rewrite Rmin_left, Rmax_right in Ht by lra.
  apply IH. intros x Hx. apply H. simpl. split; [lra | exact Hx].
Qed.

Theorem integral_le d (F G : point d -> R) :
  uniformly_continuous F -> uniformly_continuous G -> (forall x, cube x -> F x <= G x) -> integral F <= integral G.
Proof.
  intros HF HG H. destruct (integral_properties d) as [Hminus [_ [Hpos _]]].
  assert (h : 0 <= integral (fun x => G x - F x)).
  { apply Hpos; [now apply uniformly_continuous_minus|]. intros x Hx. assert (h := H x Hx). lra. }
  rewrite Hminus in h by assumption. lra.
Qed.

Theorem integral_lt d (F G : point d -> R) x :
  uniformly_continuous F -> uniformly_continuous G -> (forall x, cube x -> F x <= G x) ->
  cube x -> F x < G x -> integral F < integral G.
Proof.
  intros HF HG H Hx Hlt. destruct (integral_properties d) as [Hminus [_ [_ Hstrict]]].
  assert (h : 0 < integral (fun x => G x - F x)).
  { apply Hstrict with x; [now apply uniformly_continuous_minus | | exact Hx | lra].
    intros z Hz. assert (h := H z Hz). lra. }
  rewrite Hminus in h by assumption. lra.
Qed.

Theorem integral_bound d (F : point d -> R) m :
  uniformly_continuous F -> (forall x, cube x -> Rabs (F x) <= m) -> Rabs (integral F) <= m.
Proof. intros HF Hm. now apply integral_properties. Qed.

(** ** x^p for x >= 0 and a real p > 0 *)

Definition power (p x : R) : R := if Rle_dec x 0 then 0 else Rpower x p.

Lemma power_pos p x : 0 < x -> power p x = Rpower x p.
Proof. intros. unfold power. destruct (Rle_dec x 0); [lra | reflexivity]. Qed.

Lemma power_zero p x : x <= 0 -> power p x = 0.
Proof. intros. unfold power. destruct (Rle_dec x 0); [reflexivity | lra]. Qed.

Lemma Rpower_positive x p : 0 < Rpower x p.
Proof. apply exp_pos. Qed.

Lemma power_nonneg p x : 0 <= power p x.
Proof. unfold power. destruct (Rle_dec x 0); [lra | apply Rlt_le, Rpower_positive]. Qed.

(** For a natural p this is the usual power. *)
Lemma power_nat k x : 0 <= x -> power (INR (S k)) x = x ^ S k.
Proof.
  intros H. destruct (Req_dec x 0) as [->|Hx].
  - rewrite power_zero by lra. simpl. ring.
  - rewrite power_pos by lra. apply Rpower_pow. lra.
Qed.

Lemma power_lt p x y : 0 < p -> 0 <= x < y -> power p x < power p y.
Proof.
  intros Hp Hxy. rewrite (power_pos p y) by lra. destruct (Req_dec x 0) as [->|Hx].
  - rewrite power_zero by lra. apply Rpower_positive.
  - rewrite power_pos by lra. unfold Rpower. apply exp_increasing, Rmult_lt_compat_l; [exact Hp|].
    apply ln_increasing; lra.
Qed.

Lemma power_le p x y : 0 < p -> 0 <= x <= y -> power p x <= power p y.
Proof.
  intros Hp Hxy. destruct (Req_dec x y) as [->|Hne]; [lra|]. apply Rlt_le, power_lt; lra.
Qed.

Lemma power_continuous p s eps : 0 < p -> 0 < eps ->
  exists delta, 0 < delta /\ forall t, Rabs (s - t) <= delta -> Rabs (power p s - power p t) <= eps.
Proof.
  intros Hp Heps. destruct (Rle_dec s 0) as [Hs|Hs].
  - (* |power t| <= eps for t <= eps^(1/p) *)
    exists (Rpower eps (/ p)). split; [apply Rpower_positive|]. intros t Ht.
    rewrite (power_zero p s) by exact Hs. replace (0 - power p t) with (- power p t) by ring.
    rewrite Rabs_Ropp, Rabs_pos_eq by apply power_nonneg.
    destruct (Rle_dec t 0) as [Ht0|Ht0]; [rewrite power_zero; lra|].
    apply Rle_trans with (power p (Rpower eps (/ p))).
    + apply power_le; [exact Hp|]. unfold Rabs in Ht. destruct Rcase_abs; lra.
    + rewrite power_pos by apply Rpower_positive. rewrite Rpower_mult, Rinv_l by lra.
      rewrite Rpower_1 by exact Heps. lra.
  - assert (Hc : continuity_pt (fun x => exp (p * ln x)) s).
    { apply derivable_continuous_pt. apply ex_derive_Reals_0. auto_derive. lra. }
    destruct (Hc eps Heps) as [r [Hr H]]. simpl in H. unfold R_dist in H.
    exists (Rmin (r / 2) (s / 2)). split; [apply Rmin_pos; lra|]. intros t Ht.
    assert (Ht1 : Rabs (s - t) <= r / 2) by (eapply Rle_trans; [exact Ht | apply Rmin_l]).
    assert (Ht2 : Rabs (s - t) <= s / 2) by (eapply Rle_trans; [exact Ht | apply Rmin_r]).
    assert (Htpos : 0 < t) by (unfold Rabs in Ht2; destruct Rcase_abs; lra).
    rewrite !power_pos by lra. unfold Rpower.
    destruct (Req_dec t s) as [->|Hne]; [rewrite Rminus_eq_0, Rabs_R0; lra|].
    apply Rlt_le. rewrite Rabs_minus_sym. apply H. split.
    + split; [exact I | auto].
    + rewrite Rabs_minus_sym. lra.
Qed.

(** ** The integral of |e|^p *)

Definition lp_integral {d} (p : R) (e : point d -> R) : R := integral (fun x => power p (Rabs (e x))).

Lemma abs_power_uniform d p (e : point d -> R) :
  0 < p -> uniformly_continuous e -> uniformly_continuous (fun x => power p (Rabs (e x))).
Proof.
  intros Hp He. apply heine.
  apply (continuous_compose d (fun x => Rabs (e x)) (power p)).
  - intros s eps Heps. now apply power_continuous.
  - apply (continuous_compose d e Rabs); [|now apply uniform_is_continuous].
    intros s eps Heps. exists eps. split; [exact Heps|]. intros t Ht.
    eapply Rle_trans; [|exact Ht]. unfold Rabs. repeat destruct Rcase_abs; lra.
Qed.

(** Smaller everywhere and strictly at one point: strictly smaller integral of the p-th power. *)
Theorem lp_decay d p (e e' : point d -> R) x :
  0 < p -> uniformly_continuous e -> uniformly_continuous e' ->
  (forall x, cube x -> Rabs (e' x) <= Rabs (e x)) -> cube x -> Rabs (e' x) < Rabs (e x) ->
  lp_integral p e' < lp_integral p e.
Proof.
  intros Hp He He' H Hx Hlt. apply integral_lt with x; auto using abs_power_uniform.
  - intros z Hz. apply power_le; [exact Hp|]. split; [apply Rabs_pos | auto].
  - apply power_lt; [exact Hp|]. split; [apply Rabs_pos | exact Hlt].
Qed.

Theorem lp_bound d p (e : point d -> R) m :
  0 < p -> uniformly_continuous e -> (forall x, cube x -> Rabs (e x) <= m) ->
  lp_integral p e <= power p m.
Proof.
  intros Hp He Hm. eapply Rle_trans; [apply Rle_abs|]. apply integral_bound; [now apply abs_power_uniform|].
  intros x Hx. rewrite Rabs_pos_eq by apply power_nonneg. apply power_le; [exact Hp|].
  split; [apply Rabs_pos | auto].
Qed.

Lemma lp_integral_nonneg d p (e : point d -> R) : 0 < p -> uniformly_continuous e -> 0 <= lp_integral p e.
Proof.
  intros Hp He. apply integral_properties; [now apply abs_power_uniform|]. intros x _. apply power_nonneg.
Qed.

(** The norm itself, (integral |e|^p)^(1/p). *)
Definition lp_norm {d} (p : R) (e : point d -> R) : R := power (/ p) (lp_integral p e).

Theorem lp_norm_decay d p (e e' : point d -> R) x :
  0 < p -> uniformly_continuous e -> uniformly_continuous e' ->
  (forall x, cube x -> Rabs (e' x) <= Rabs (e x)) -> cube x -> Rabs (e' x) < Rabs (e x) ->
  lp_norm p e' < lp_norm p e.
Proof.
  intros Hp He He' H Hx Hlt. apply power_lt; [now apply Rinv_0_lt_compat|].
  split; [now apply lp_integral_nonneg | now apply lp_decay with x].
Qed.
