(** * Continuity on the cube, and uniform continuity from it (Heine)

    Only points of [0,1]^d count: a target need not be defined, or tame, outside. *)

From Coq Require Import Reals List Lra Lia.
From Coquelicot Require Import Compactness Markov.
From Multigrade Require Import FiniteSum TrainingBound KuhnHat.
Open Scope R_scope.

Definition continuous_on_cube {d} (f : point d -> R) : Prop :=
  forall x, cube x -> forall eps, 0 < eps ->
  exists delta, 0 < delta /\ forall y, cube y -> within delta x y -> Rabs (f x - f y) <= eps.

(** omega bounds the modulus of continuity at h. *)
Definition modulus_at_most {d} (f : point d -> R) (h omega : R) : Prop :=
  forall x y, cube x -> cube y -> within h x y -> Rabs (f x - f y) <= omega.

Definition uniformly_continuous {d} (f : point d -> R) : Prop :=
  forall eps, 0 < eps -> exists delta, 0 < delta /\ modulus_at_most f delta eps.

Lemma within_sym d : forall h (x y : point d), within h x y -> within h y x.
Proof.
  induction d as [|d IH]; intros h x y H; simpl in *; [exact I|].
  destruct H. split; [now rewrite Rabs_minus_sym | now apply IH].
Qed.

Lemma within_le d : forall h k (x y : point d), h <= k -> within h x y -> within k x y.
Proof.
  induction d as [|d IH]; intros h k x y Hk H; simpl in *; [exact I|].
  destruct H. split; [lra | now apply IH with h].
Qed.

Lemma within_trans d : forall h k (x y z : point d), within h x y -> within k y z -> within (h + k) x z.
Proof.
  induction d as [|d IH]; intros h k x y z H1 H2; simpl in *; [exact I|].
  destruct H1, H2. split; [|now apply IH with (snd y)].
  replace (fst x - fst z) with ((fst x - fst y) + (fst y - fst z)) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.

Lemma within_refl d : forall h (x : point d), 0 <= h -> within h x x.
Proof.
  induction d as [|d IH]; intros h x H; simpl; [exact I|].
  split; [|now apply IH]. rewrite Rminus_eq_0, Rabs_R0. exact H.
Qed.

(** ** A natural number with a property that is stable under double negation can be found

    This needs the axioms of the reals only (LPO); it replaces an axiom of choice. *)

Definition stable (P : Prop) : Prop := ~ ~ P -> P.

Definition search (P : nat -> Prop) (H : forall n, stable (P n)) : {n | P n} + {forall n, ~ P n}.
Proof.
  apply LPO. intros n.
  destruct (ClassicalDedekindReals.sig_not_dec (P n)) as [h|h]; [left; now apply H | now right].
Defined.

Definition least (P : nat -> Prop) (H : forall n, stable (P n)) : nat :=
  match search P H with
  | inleft (exist n _) => n
  | inright _ => 0%nat
  end.

Lemma least_holds P H : (exists n, P n) -> P (least P H).
Proof.
  intros [n Hn]. unfold least. destruct (search P H) as [[m Hm]|Hno]; [exact Hm|].
  exfalso. exact (Hno n Hn).
Qed.

Lemma modulus_stable d (f : point d -> R) h omega : stable (modulus_at_most f h omega).
Proof.
  intros H x y Hx Hy Hxy. destruct (Rle_dec (Rabs (f x - f y)) omega) as [h1|h1]; [exact h1|].
  exfalso. apply H. intros h2. exact (h1 (h2 x y Hx Hy Hxy)).
Qed.

(** ** Heine's theorem *)

Lemma small_inverse eps : 0 < eps -> exists n, / INR (S n) <= eps.
Proof.
  intros H. destruct (archimed_cor1 eps H) as [n [Hn Hp]]. exists n.
  assert (0 < INR n) by now apply lt_0_INR.
  apply Rle_trans with (/ INR n); [|lra].
  apply Rinv_le_contravar; [assumption|]. rewrite S_INR. lra.
Qed.

Lemma inverse_positive n : 0 < / INR (S n).
Proof. apply Rinv_0_lt_compat, lt_0_INR. lia. Qed.

Fixpoint corner (d : nat) (v : R) : point d :=
  match d with
  | O => tt
  | S d' => (v, corner d' v)
  end.

Lemma cube_bounded d : forall x : point d, cube x <-> bounded_n d (corner d 0) (corner d 1) x.
Proof.
  induction d as [|d IH]; intros x; simpl; [tauto|]. destruct x as [x1 x2]. simpl.
  rewrite (IH x2). tauto.
Qed.

Lemma close_within d : forall h (x t : point d), close_n d h x t -> within h t x.
Proof.
  induction d as [|d IH]; intros h x t H; simpl in *; [exact I|].
  destruct x as [x1 x2], t as [t1 t2]. destruct H as [H1 H2]. simpl.
  split; [rewrite Rabs_minus_sym; lra | now apply IH].
Qed.

Section Heine.
Context {d : nat}.
Variable f : point d -> R.
Variable eps : R.

Definition good_radius (x : point d) (n : nat) : Prop :=
  forall y, cube y -> within (/ INR (S n)) x y -> Rabs (f x - f y) <= eps / 2.

Lemma good_radius_stable x n : stable (good_radius x n).
Proof.
  intros H y Hy Hxy. destruct (Rle_dec (Rabs (f x - f y)) (eps / 2)) as [h1|h1]; [exact h1|].
  exfalso. apply H. intros h2. exact (h1 (h2 y Hy Hxy)).
Qed.

Definition half_radius (x : point d) : posreal :=
  mkposreal (/ INR (S (least (good_radius x) (good_radius_stable x))) / 2)
            (Rdiv_lt_0_compat _ 2 (inverse_positive _) Rlt_0_2).

Theorem heine_at : 0 < eps -> continuous_on_cube f -> exists delta, 0 < delta /\ modulus_at_most f delta eps.
Proof.
  intros Heps Hf.
  assert (Hgood : forall x, cube x -> good_radius x (least (good_radius x) (good_radius_stable x))).
  { intros x Hx. apply least_holds. destruct (Hf x Hx (eps / 2)) as [r [Hr H]]; [lra|].
    destruct (small_inverse r Hr) as [n Hn]. exists n. intros y Hy Hxy.
    apply H; [exact Hy | now apply within_le with (/ INR (S n))]. }
  destruct (compactness_value d (corner d 0) (corner d 1) half_radius) as [r Hr].
  exists r. split; [apply cond_pos|]. intros x y Hx Hy Hxy.
  destruct (Rle_dec (Rabs (f x - f y)) eps) as [h|h]; [exact h|]. exfalso.
  apply (Hr x); [now apply cube_bounded|]. intros [t [Ht [Hclose Hle]]]. apply h. clear h.
  apply cube_bounded in Ht. apply close_within in Hclose. specialize (Hgood t Ht).
  unfold half_radius in Hclose, Hle. cbn [pos] in Hclose, Hle.
  set (s := / INR (S (least (good_radius t) (good_radius_stable t)))) in *.
  assert (Hs : 0 < s) by apply inverse_positive.
  assert (Htx : Rabs (f t - f x) <= eps / 2).
  { apply Hgood; [exact Hx|]. apply within_le with (s / 2); [fold s; lra | exact Hclose]. }
  assert (Hty : Rabs (f t - f y) <= eps / 2).
  { apply Hgood; [exact Hy|]. apply within_le with (s / 2 + s / 2); [fold s; lra|].
    apply within_trans with x; [exact Hclose|]. now apply within_le with r. }
  replace (f x - f y) with (- (f t - f x) + (f t - f y)) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp. lra.
Qed.
End Heine.

Theorem heine d (f : point d -> R) : continuous_on_cube f -> uniformly_continuous f.
Proof. intros Hf eps Heps. now apply heine_at. Qed.

Lemma uniform_is_continuous d (f : point d -> R) : uniformly_continuous f -> continuous_on_cube f.
Proof.
  intros Hf x Hx eps Heps. destruct (Hf eps Heps) as [r [Hr H]]. exists r. split; [exact Hr|].
  intros y Hy Hxy. now apply H.
Qed.

(** ** Closure *)

Lemma uniformly_continuous_minus d (f g : point d -> R) :
  uniformly_continuous f -> uniformly_continuous g -> uniformly_continuous (fun x => f x - g x).
Proof.
  intros Hf Hg eps Heps.
  destruct (Hf (eps / 2)) as [r [Hr H]]; [lra|]. destruct (Hg (eps / 2)) as [s [Hs H']]; [lra|].
  exists (Rmin r s). split; [now apply Rmin_pos|]. intros x y Hx Hy Hxy.
  assert (h := H x y Hx Hy (within_le _ _ _ _ _ (Rmin_l r s) Hxy)).
  assert (h' := H' x y Hx Hy (within_le _ _ _ _ _ (Rmin_r r s) Hxy)).
  replace (f x - g x - (f y - g y)) with ((f x - f y) + - (g x - g y)) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp. lra.
Qed.

(** A continuous function of a continuous one. *)
Lemma continuous_compose d (f : point d -> R) (phi : R -> R) :
  (forall s eps, 0 < eps -> exists delta, 0 < delta /\
     forall t, Rabs (s - t) <= delta -> Rabs (phi s - phi t) <= eps) ->
  continuous_on_cube f -> continuous_on_cube (fun x => phi (f x)).
Proof.
  intros Hphi Hf x Hx eps Heps.
  destruct (Hphi (f x) eps Heps) as [r [Hr H]]. destruct (Hf x Hx r Hr) as [s [Hs H']].
  exists s. split; [exact Hs|]. intros y Hy Hxy. apply H, H'; assumption.
Qed.

(** ** Interpolants are Lipschitz *)

Lemma running_max_lipschitz d h : forall (t u : point d) M M',
  within h t u -> Rabs (M - M') <= h -> Rabs (running_max M t - running_max M' u) <= h.
Proof.
  induction d as [|d IH]; intros t u M M' Ht HM; simpl in *; [exact HM|].
  destruct Ht as [H1 H2]. apply IH; [exact H2|].
  unfold Rmax, Rabs in *. repeat destruct Rle_dec; repeat destruct Rcase_abs; lra.
Qed.

Lemma running_min_lipschitz d h : forall (t u : point d) m m',
  within h t u -> Rabs (m - m') <= h -> Rabs (running_min m t - running_min m' u) <= h.
Proof.
  induction d as [|d IH]; intros t u m m' Ht Hm; simpl in *; [exact Hm|].
  destruct Ht as [H1 H2]. apply IH; [exact H2|].
  unfold Rmin, Rabs in *. repeat destruct Rle_dec; repeat destruct Rcase_abs; lra.
Qed.

Lemma relu_lipschitz s t : Rabs (relu s - relu t) <= Rabs (s - t).
Proof. unfold relu, Rmax, Rabs. repeat destruct Rle_dec; repeat destruct Rcase_abs; lra. Qed.

Lemma local_within N d h : forall (x y : point d) a,
  within h x y -> within (INR N * h) (local N x a) (local N y a).
Proof.
  induction d as [|d IH]; intros x y a H; simpl in *; [exact I|].
  destruct H as [H1 H2]. split; [|now apply IH].
  replace (INR N * fst x - INR (fst a) - (INR N * fst y - INR (fst a)))
    with (INR N * (fst x - fst y)) by ring.
  rewrite Rabs_mult, Rabs_pos_eq by apply pos_INR. apply Rmult_le_compat_l; [apply pos_INR | exact H1].
Qed.

Lemma hat_lipschitz d h (t u : point d) : 0 <= h -> within h t u -> Rabs (hat t - hat u) <= 2 * h.
Proof.
  intros Hh H. unfold hat. eapply Rle_trans; [apply relu_lipschitz|].
  assert (h0 : Rabs (0 - 0) <= h) by (rewrite Rminus_0_r, Rabs_R0; exact Hh).
  assert (h1 := running_max_lipschitz d h t u 0 0 H h0).
  assert (h2 := running_min_lipschitz d h t u 0 0 H h0).
  unfold Rabs in *. repeat destruct Rcase_abs; lra.
Qed.

Theorem interpolant_lipschitz N d (c : node d -> R) h :
  0 <= h -> modulus_at_most (interpolant N c) h (2 * INR N * h * lsum (nodes N d) (fun a => Rabs (c a))).
Proof.
  intros Hh x y _ _ Hxy. unfold interpolant. rewrite <- lsum_minus.
  eapply Rle_trans; [apply lsum_abs|]. rewrite <- lsum_scal. apply lsum_le. intros a _.
  rewrite <- Rmult_minus_distr_r, Rabs_mult. apply Rmult_le_compat_r; [apply Rabs_pos|].
  rewrite Rmult_assoc. apply hat_lipschitz; [|now apply local_within].
  apply Rmult_le_pos; [apply pos_INR | exact Hh].
Qed.

Lemma interpolant_uniformly_continuous N d (c : node d -> R) : uniformly_continuous (interpolant N c).
Proof.
  intros eps Heps. set (L := 2 * INR N * lsum (nodes N d) (fun a => Rabs (c a))).
  assert (HL : 0 <= L).
  { unfold L. apply Rmult_le_pos; [apply Rmult_le_pos; [lra | apply pos_INR]|].
    apply lsum_nonneg. intros; apply Rabs_pos. }
  exists (eps / (L + 1)). assert (Hpos : 0 < eps / (L + 1)) by (apply Rdiv_lt_0_compat; lra).
  split; [exact Hpos|]. intros x y Hx Hy Hxy.
  eapply Rle_trans; [apply (interpolant_lipschitz N d c (eps / (L + 1))); auto; lra|].
  replace (2 * INR N * (eps / (L + 1)) * lsum (nodes N d) (fun a => Rabs (c a)))
    with (L * (eps / (L + 1))) by (unfold L; ring).
  replace eps with ((L + 1) * (eps / (L + 1))) at 2 by (field; lra).
  apply Rmult_le_compat_r; lra.
Qed.
