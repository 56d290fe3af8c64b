(* The theorem in one statement, on any hypercube [lo,hi]^d, d >= 1: width d + 2, any p >= 1. *)
From Coq Require Import Reals List Lra Lia Arith FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Multigrade Require Import FiniteSum TrainingBound KuhnHat Continuity CubeIntegral Scheme ReluNetwork NarrowNetwork.
Import ListNotations.
Open Scope R_scope.

Section Box.
Variables lo hi : R.
Hypothesis Hlohi : lo < hi.

Fixpoint box {d} : point d -> Prop :=
  match d with O => fun _ => True | S d' => fun x => lo <= fst x <= hi /\ box (snd x) end.
Fixpoint to_unit {d} : point d -> point d :=
  match d with O => fun x => x | S d' => fun x => ((fst x - lo) / (hi - lo), to_unit (snd x)) end.
Fixpoint of_unit {d} : point d -> point d :=
  match d with O => fun x => x | S d' => fun x => (lo + (hi - lo) * fst x, of_unit (snd x)) end.
Fixpoint box_integral {d} : (point d -> R) -> R :=
  match d with O => fun F => F tt | S d' => fun F => RInt (fun t => box_integral (fun v : point d' => F (t, v))) lo hi end.

Definition continuous_on_box {d} (f : point d -> R) : Prop :=
  forall x, box x -> forall eps, 0 < eps ->
  exists delta, 0 < delta /\ forall y, box y -> within delta x y -> Rabs (f x - f y) <= eps.
Definition box_lp_norm {d} (p : R) (e : point d -> R) : R := power (/ p) (box_integral (fun x => power p (Rabs (e x)))).

Lemma of_to d : forall x : point d, of_unit (to_unit x) = x.
Proof.
  induction d as [|d IH]; intros x; simpl; [reflexivity|]. destruct x as [x1 x2]. simpl. rewrite IH. f_equal. field. lra.
Qed.
Lemma to_of d : forall x : point d, to_unit (of_unit x) = x.
Proof.
  induction d as [|d IH]; intros x; simpl; [reflexivity|]. destruct x as [x1 x2]. simpl. rewrite IH. f_equal. field. lra.
Qed.
Lemma unit_pos : 0 < / (hi - lo). Proof. apply Rinv_0_lt_compat. lra. Qed.
Lemma to_unit_cube d : forall x : point d, box x -> cube (to_unit x).
Proof.
  induction d as [|d IH]; intros x Hx; simpl in *; [exact I|]. destruct Hx as [H1 H2]. split; [|now apply IH].
  assert (h := unit_pos). unfold Rdiv. split.
  - apply Rmult_le_pos; lra.
  - rewrite <- (Rinv_r (hi - lo)) by lra. apply Rmult_le_compat_r; lra.
Qed.
Lemma of_unit_box d : forall x : point d, cube x -> box (of_unit x).
Proof.
  induction d as [|d IH]; intros x Hx; simpl in *; [exact I|]. destruct Hx as [H1 H2]. split; [|now apply IH]. nra.
Qed.
Lemma of_unit_within d : forall h (x y : point d), within h x y -> within ((hi - lo) * h) (of_unit x) (of_unit y).
Proof.
  induction d as [|d IH]; intros h x y H; simpl in *; [exact I|]. destruct H as [H1 H2]. split; [|now apply IH].
  replace (lo + (hi - lo) * fst x - (lo + (hi - lo) * fst y)) with ((hi - lo) * (fst x - fst y)) by ring.
  rewrite Rabs_mult, Rabs_pos_eq by lra. apply Rmult_le_compat_l; lra.
Qed.
Lemma scaled_continuous d (f : point d -> R) : continuous_on_box f -> continuous_on_cube (fun t => f (of_unit t)).
Proof.
  intros Hf x Hx eps Heps. destruct (Hf (of_unit x) (of_unit_box d x Hx) eps Heps) as [r [Hr H]].
  exists (r / (hi - lo)). split; [apply Rdiv_lt_0_compat; lra|]. intros y Hy Hxy. apply H; [now apply of_unit_box|].
  replace r with ((hi - lo) * (r / (hi - lo))) by (field; lra). now apply of_unit_within.
Qed.

(** the integral over the box is (hi - lo)^d times that over the cube *)
Lemma slice_integral_uniform d (F : point (S d) -> R) : uniformly_continuous F ->
  uniform_on_unit (fun t => integral (fun v : point d => F (t, v))).
Proof.
  intros HF eps Heps. destruct (HF eps Heps) as [r [Hr H]]. exists r. split; [exact Hr|]. intros s t Hs Ht Hst.
  destruct (integral_properties d) as [Hm _]. rewrite <- Hm by now apply slice_uniform.
  apply integral_bound.
  - apply uniformly_continuous_minus; now apply slice_uniform.
  - intros x Hx. apply H; simpl; auto. split; [exact Hst|]. apply within_refl; lra.
Qed.
Lemma box_integral_ext d : forall F G : point d -> R, (forall x, box x -> F x = G x) -> box_integral F = box_integral G.
Proof.
  induction d as [|d IH]; intros F G H; [now apply H|]. simpl. apply RInt_ext. intros t Ht.
  rewrite Rmin_left, Rmax_right in Ht by lra. apply IH. intros x Hx. apply H. simpl. split; [lra | exact Hx].
Qed.
Lemma box_integral_scaled d : forall F : point d -> R, uniformly_continuous (fun t => F (of_unit t)) ->
  box_integral F = (hi - lo) ^ d * integral (fun t => F (of_unit t)).
Proof.
  induction d as [|d IH]; intros F HF; [simpl; ring|]. cbn [box_integral integral].
  set (H := fun t => integral (fun v : point d => F (of_unit ((t, v) : point (S d))))).
  assert (HU : uniform_on_unit H) by exact (slice_integral_uniform d (fun t => F (of_unit t)) HF).
  (* inside, for s in [lo,hi], the inner box integral is (hi-lo)^d H((s-lo)/(hi-lo)) *)
  set (g := fun s => (hi - lo) ^ d * H (clamp ((s - lo) / (hi - lo)))).
  assert (h := unit_pos).
  assert (Hin : RInt (fun t => box_integral (fun v : point d => F (t, v))) lo hi = RInt g lo hi).
  { apply RInt_ext. intros s Hs. rewrite Rmin_left, Rmax_right in Hs by lra.
    assert (Hu : 0 <= (s - lo) / (hi - lo) <= 1).
    { unfold Rdiv. split; [apply Rmult_le_pos; lra|]. rewrite <- (Rinv_r (hi - lo)) by lra. apply Rmult_le_compat_r; lra. }
    assert (Es : lo + (hi - lo) * ((s - lo) / (hi - lo)) = s) by (field; lra).
    unfold g. rewrite clamp_id by exact Hu. rewrite IH.
    - unfold H. simpl. rewrite Es. reflexivity.
    - assert (Hs' := slice_uniform d (fun t => F (of_unit t)) ((s - lo) / (hi - lo)) HF Hu).
      simpl in Hs'. rewrite Es in Hs'. exact Hs'. }
  rewrite Hin.
  assert (Hc : forall s, continuous g s).
  { intros s. unfold g. apply (continuous_scal_r ((hi - lo) ^ d) (fun s => H (clamp ((s - lo) / (hi - lo))))).
    apply (continuous_comp (fun s => (s - lo) / (hi - lo)) (fun t => H (clamp t))).
    - apply (ex_derive_continuous (fun s : R => (s - lo) / (hi - lo))). auto_derive. exact I.
    - now apply clamp_continuous. }
  assert (Hlin := RInt_comp_lin g (hi - lo) lo 0 1).
  replace ((hi - lo) * 0 + lo) with lo in Hlin by ring. replace ((hi - lo) * 1 + lo) with hi in Hlin by ring.
  rewrite <- Hlin by (apply (@ex_RInt_continuous R_CompleteNormedModule); intros; apply Hc).
  set (c := (hi - lo) ^ S d).
  assert (Hex : ex_RInt (fun t => H (clamp t)) 0 1) by (apply clamp_integrable; exact HU).
  assert (Hsc := RInt_scal (fun t => H (clamp t)) 0 1 c Hex).
  assert (Hr : RInt (fun t => H (clamp t)) 0 1 = RInt H 0 1) by (symmetry; apply unit_integral_clamp).
  rewrite Hr in Hsc. change (c * RInt H 0 1) with (scal c (RInt H 0 1)). 
  etransitivity; [|exact Hsc]. apply RInt_ext.
  intros t Ht. rewrite Rmin_left, Rmax_right in Ht by lra. unfold g, c, scal; simpl; unfold mult; simpl.
  replace (((hi - lo) * t + lo - lo) / (hi - lo)) with t by (field; lra). ring.
Qed.

(** networks are uniformly continuous functions of the input *)
Definition uc {d} (h : point d -> nat -> R) : Prop := forall i, uniformly_continuous (fun v => h v i).
Lemma uc_const d (c : R) : uniformly_continuous (fun _ : point d => c).
Proof. intros eps He. exists 1. split; [lra|]. intros x y _ _ _. rewrite Rminus_eq_0, Rabs_R0. lra. Qed.
Lemma uc_scal d c (g : point d -> R) : uniformly_continuous g -> uniformly_continuous (fun v => c * g v).
Proof.
  intros Hg eps He. destruct (Hg (eps / (Rabs c + 1))) as [r [Hr H]].
  { apply Rdiv_lt_0_compat; [exact He|]. assert (h := Rabs_pos c). lra. }
  exists r. split; [exact Hr|]. intros x y Hx Hy Hxy. specialize (H x y Hx Hy Hxy).
  replace (c * g x - c * g y) with (c * (g x - g y)) by ring. rewrite Rabs_mult. assert (h := Rabs_pos c).
  apply Rle_trans with ((Rabs c + 1) * (eps / (Rabs c + 1))).
  - apply Rmult_le_compat; try apply Rabs_pos; lra.
  - right. field. lra.
Qed.
Lemma uc_plus d (f g : point d -> R) : uniformly_continuous f -> uniformly_continuous g -> uniformly_continuous (fun v => f v + g v).
Proof.
  intros Hf Hg. assert (H := uniformly_continuous_minus d f (fun v => -1 * g v) Hf (uc_scal d (-1) g Hg)).
  intros eps He. destruct (H eps He) as [r [Hr K]]. exists r. split; [exact Hr|]. intros x y Hx Hy Hxy.
  specialize (K x y Hx Hy Hxy). replace (f x + g x - (f y + g y)) with (f x - -1 * g x - (f y - -1 * g y)) by ring. exact K.
Qed.
Lemma uc_relu d (g : point d -> R) : uniformly_continuous g -> uniformly_continuous (fun v => relu (g v)).
Proof.
  intros Hg eps He. destruct (Hg eps He) as [r [Hr H]]. exists r. split; [exact Hr|]. intros x y Hx Hy Hxy.
  eapply Rle_trans; [apply relu_lipschitz|]. now apply H.
Qed.
Lemma uc_eval d a (h : point d -> nat -> R) : uc h -> uniformly_continuous (fun v => eval a (h v)).
Proof.
  intros Hh. unfold eval. apply uc_plus; [|apply uc_const]. induction (fst a) as [|t l IH]; simpl; [apply uc_const|].
  apply uc_plus; [apply uc_scal, Hh | exact IH].
Qed.
Lemma uc_run d W ls : forall h : point d -> nat -> R, uc h -> uc (fun v => run W ls (h v)).
Proof.
  induction ls as [|L ls IH]; intros h Hh; simpl; [exact Hh|]. apply (IH (fun v => apply W L (h v))). intros i. unfold apply.
  destruct (Nat.ltb i W); [apply uc_relu, uc_eval, Hh | apply uc_const].
Qed.
Lemma uc_coordinates d : forall i, uniformly_continuous (fun v : point d => coordinates v i).
Proof.
  intros i eps He. exists eps. split; [exact He|]. intros x y _ _. revert i x y.
  induction d as [|d IH]; intros i x y H; simpl in *.
  - rewrite Rminus_eq_0, Rabs_R0. lra.
  - destruct H as [H1 H2]. destruct i; [exact H1 | now apply IH].
Qed.
Lemma uc_input d : uc (fun v : point d => input v).
Proof. intros i. unfold input. destruct (Nat.ltb i d); [apply uc_coordinates | apply uc_const]. Qed.
Lemma uc_sum d k (g : nat -> point d -> R) : (forall j, uniformly_continuous (g j)) -> uniformly_continuous (fun v => sum k (fun j => g j v)).
Proof.
  intros Hg. unfold sum. induction (seq 0 k) as [|j l IH]; simpl; [apply uc_const | now apply uc_plus].
Qed.

(** the first layer: x -> (x - lo) / (hi - lo) *)
Definition rescale (d : nat) : layer := fun i => if Nat.ltb i d then ([(/ (hi - lo), i)], - lo / (hi - lo)) else nothing.
Lemma to_unit_coordinates d : forall (x : point d) i, (i < d)%nat -> coordinates (to_unit x) i = (coordinates x i - lo) / (hi - lo).
Proof.
  induction d as [|d IH]; intros x i Hi; [lia|]. destruct i; simpl; [reflexivity|]. apply IH. lia.
Qed.
Lemma rescale_run d (x : point d) : box x -> apply (d + 2) (rescale d) (input x) = input (to_unit x).
Proof.
  intros Hx. apply functional_extensionality. intros i. unfold apply, rescale, input.
  destruct (Nat.ltb_spec i d) as [Hi|Hi].
  - rewrite (proj2 (Nat.ltb_lt i (d + 2))) by lia. unfold eval. cbn [fst snd lsum]. rewrite (proj2 (Nat.ltb_lt i d) Hi).
    rewrite to_unit_coordinates by exact Hi.
    replace (/ (hi - lo) * coordinates x i + 0 + - lo / (hi - lo)) with ((coordinates x i - lo) / (hi - lo)) by (field; lra).
    apply relu_pos. rewrite <- to_unit_coordinates by exact Hi. apply coordinates_nonneg. now apply to_unit_cube.
  - destruct (Nat.ltb i (d + 2)); [|reflexivity]. unfold eval, nothing. simpl. apply relu_neg. lra.
Qed.

(** THE SEED THEOREM.  Every f continuous on a hypercube [lo,hi]^d has grades G_0, G_1, ... of ReLU layers of the fixed width d + 2, grade
    composed on grade, with affine readouts g_k, such that the residuals e_k = f - (g_0 + ... + g_(k-1)) are pointwise nonincreasing in
    magnitude, converge uniformly to zero, and fall strictly in L^p, 1 <= p < infinity, at every nontrivial grade. *)
Theorem seed_theorem d (f : point d -> R) :
  (0 < d)%nat -> continuous_on_box f ->
  exists (G : nat -> list layer) (readout : nat -> affine),
    let upto := fix upto k := match k with O => [] | S k' => upto k' ++ G k' end in
    let g := fun k x => eval (readout k) (run (d + 2) (upto (S k)) (input x)) in
    let e := fun k x => f x - sum k (fun j => g j x) in
    (forall k x, box x -> Rabs (e (S k) x) <= Rabs (e k x))
    /\ (forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> box x -> Rabs (e k x) <= eta)
    /\ (forall p k, 1 <= p -> (exists x, box x /\ g k x <> 0) -> box_lp_norm p (e (S k)) < box_lp_norm p (e k)).
Proof.
  intros Hd Hf. destruct (fixed_width_multigrade_narrow d (fun t => f (of_unit t)) Hd (scaled_continuous d f Hf)) as [G [start H]].
  set (up := fix upto k := match k with O => [] | S k' => upto k' ++ G k' end) in H. cbv zeta in H.
  set (gu := fun k v => eval (narrow_readout d (start k)) (run (d + 2) (up (S k)) (input v))) in H.
  exists (fun k => match k with O => rescale d :: G 0%nat | S _ => G k end), (fun k => narrow_readout d (start k)).
  intros upto g e.
  assert (Hup : forall k, upto (S k) = rescale d :: up (S k)).
  { induction k as [|k IH]; [reflexivity|]. change (upto (S (S k))) with (upto (S k) ++ G (S k)). rewrite IH. reflexivity. }
  assert (Hg : forall k x, box x -> g k x = gu k (to_unit x)).
  { intros k x Hx. unfold g, gu. rewrite Hup. cbn [run]. now rewrite rescale_run. }
  assert (He : forall k x, box x -> e k x = rest (fun t => f (of_unit t)) gu k (to_unit x)).
  { intros k x Hx. unfold e, rest. rewrite of_to. f_equal. apply sum_ext. intros j _. now apply Hg. }
  assert (Huc : forall k, uniformly_continuous (rest (fun t => f (of_unit t)) gu k)).
  { intros k. unfold rest. apply uniformly_continuous_minus; [apply heine; now apply scaled_continuous|].
    apply uc_sum. intros j. apply (uc_eval d _ (fun v => run (d + 2) (up (S j)) (input v))). apply (uc_run d _ _ (fun v => input v)). apply uc_input. }
  assert (Hlp : forall p k, 0 < p -> box_integral (fun x => power p (Rabs (e k x))) = (hi - lo) ^ d * lp_integral p (rest (fun t => f (of_unit t)) gu k)).
  { intros p k Hp. rewrite (box_integral_ext d _ (fun x => power p (Rabs (rest (fun t => f (of_unit t)) gu k (to_unit x))))).
    - rewrite box_integral_scaled.
      + f_equal. apply integral_ext. intros t Ht. now rewrite to_of.
      + assert (hu := abs_power_uniform d p _ Hp (Huc k)). intros eps Heps. destruct (hu eps Heps) as [r [Hr K]].
        exists r. split; [exact Hr|]. intros x y Hx Hy Hxy. rewrite !to_of. now apply K.
    - intros x Hx. now rewrite He. }
  destruct H as [Hmono [_ [Hconv [Hdecay _]]]]. split; [|split].
  - intros k x Hx. rewrite !He by exact Hx. apply Hmono. now apply to_unit_cube.
  - intros eta Heta. destruct (Hconv eta Heta) as [K HK]. exists K. intros k x Hk Hx. rewrite He by exact Hx. apply HK; [exact Hk | now apply to_unit_cube].
  - intros p k Hp [x [Hx Hne]]. unfold box_lp_norm. rewrite !Hlp by lra. assert (0 < (hi - lo) ^ d) by (apply pow_lt; lra).
    apply power_lt; [apply Rinv_0_lt_compat; lra|]. split.
    + apply Rmult_le_pos; [lra|]. apply lp_integral_nonneg; [lra | apply Huc].
    + apply Rmult_lt_compat_l; [assumption|]. apply Hdecay; [lra|]. exists (to_unit x). split; [now apply to_unit_cube|]. rewrite <- Hg; assumption.
Qed.
End Box.
