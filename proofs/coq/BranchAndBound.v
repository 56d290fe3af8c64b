(** * Branch and bound on the sphere: a tree of cones proves global feasibility

    The claim is |nu' relu(X w)| <= m ||w|| for all w, that is m(nu) <= m (m = n beta).  Cones with vertices v_1 .. v_k (not
    necessarily unit vectors) cover the space; on a cone nu' relu(X w) <= c'w, without a constant, for a c that a leaf of the tree
    carries; || c || <= m proves the leaf.  Bisection replaces one of two vertices by their sum. *)

From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum Vector WeakDuality TrainingBound.
Import ListNotations.
Open Scope R_scope.

(** A conic combination: pairs of a coefficient and a vertex. *)
Definition combination (l : list (R * (nat -> R))) (j : nat) : R :=
  lsum l (fun a => fst a * snd a j).

Section Cones.
Variables n d : nat.
Variable X : nat -> nat -> R.
Notation row := (row d X).

Lemma row_combination l i : row (combination l) i = lsum l (fun a => fst a * row (snd a) i).
Proof.
  unfold WeakDuality.row, dot, combination, sum.
  rewrite (lsum_ext _ _ (fun j => lsum l (fun a => fst a * (X i j * snd a j)))).
  - rewrite lsum_swap. apply lsum_ext. intros a _. now rewrite lsum_scal.
  - intros j _. rewrite <- lsum_scal. apply lsum_ext. intros a _. ring.
Qed.

Lemma dot_combination c l : dot d c (combination l) = lsum l (fun a => fst a * dot d c (snd a)).
Proof.
  unfold dot, combination, sum.
  rewrite (lsum_ext _ _ (fun j => lsum l (fun a => fst a * (c j * snd a j)))).
  - rewrite lsum_swap. apply lsum_ext. intros a _. now rewrite lsum_scal.
  - intros j _. rewrite <- lsum_scal. apply lsum_ext. intros a _. ring.
Qed.

(** relu is convex and homogeneous. *)
Lemma relu_combination (l : list (R * (nat -> R))) (t : (nat -> R) -> R) :
  (forall a, In a l -> 0 <= fst a) ->
  relu (lsum l (fun a => fst a * t (snd a))) <= lsum l (fun a => fst a * relu (t (snd a))).
Proof.
  intros H. unfold relu at 1. apply Rmax_lub.
  - apply lsum_le. intros a Ha. apply Rmult_le_compat_l; [auto | apply Rmax_l].
  - apply lsum_nonneg. intros a Ha. apply Rmult_le_pos; [auto | apply relu_nonneg].
Qed.

(** Any line through the origin of slope in [0,1] lies below relu. *)
Lemma relu_above_line theta t : 0 <= theta <= 1 -> theta * t <= relu t.
Proof.
  intros H. destruct (Rle_dec 0 t).
  - rewrite relu_pos by assumption. nra.
  - rewrite relu_neg by lra. nra.
Qed.

(** The bound at a vertex: a row with nu_i >= 0 counts nu_i relu(x_i v); a row with nu_i < 0 counts nu_i theta_i x_i v.
    A row whose vertex values have one sign is counted exactly: theta_i = 1 where they are nonnegative, 0 where nonpositive. *)
Definition vertex_bound (nu theta : nat -> R) (v : nat -> R) : R :=
  sum n (fun i => if Rle_dec 0 (nu i) then nu i * relu (row v i) else nu i * (theta i * row v i)).

Lemma correlation_le_vertex_bounds nu theta l :
  (forall i, (i < n)%nat -> 0 <= theta i <= 1) ->
  (forall a, In a l -> 0 <= fst a) ->
  correlation n d X nu (combination l) <= lsum l (fun a => fst a * vertex_bound nu theta (snd a)).
Proof.
  intros Htheta Hl. unfold correlation, vertex_bound, sum.
  rewrite (lsum_ext l _ (fun a => lsum (seq 0 n) (fun i => fst a *
     (if Rle_dec 0 (nu i) then nu i * relu (row (snd a) i) else nu i * (theta i * row (snd a) i)))))
    by (intros; now rewrite lsum_scal).
  rewrite lsum_swap. apply lsum_le. intros i Hi. apply in_below in Hi.
  rewrite row_combination. destruct (Rle_dec 0 (nu i)) as [Hn|Hn].
  - set (z := relu _).
    rewrite (lsum_ext l _ (fun a => nu i * (fst a * relu (row (snd a) i)))) by (intros; ring).
    rewrite lsum_scal. apply Rmult_le_compat_l; [exact Hn|].
    now apply (relu_combination l (fun v => row v i)).
  - set (z := relu _).
    rewrite (lsum_ext l _ (fun a => (nu i * theta i) * (fst a * row (snd a) i))) by (intros; ring).
    rewrite lsum_scal, Rmult_assoc. apply Rmult_le_compat_neg_l; [lra|].
    unfold z. apply relu_above_line. auto.
Qed.

(** The cone spanned by a list of vertices. *)
Definition spans (vs : list (nat -> R)) (w : nat -> R) : Prop :=
  exists l, (forall a, In a l -> 0 <= fst a /\ In (snd a) vs)
            /\ forall j, (j < d)%nat -> w j = combination l j.

Lemma row_ext w w' i : (forall j, (j < d)%nat -> w j = w' j) -> row w i = row w' i.
Proof. intros H. now apply dot_ext. Qed.

Lemma correlation_ext nu w w' :
  (forall j, (j < d)%nat -> w j = w' j) -> correlation n d X nu w = correlation n d X nu w'.
Proof. intros H. apply sum_ext. intros i _. now rewrite (row_ext w w' i H). Qed.

(** ** A leaf: c with c'v >= U(v) at every vertex and ||c|| <= m *)
Theorem leaf_sound nu theta vs c m w :
  (forall i, (i < n)%nat -> 0 <= theta i <= 1) ->
  (forall v, In v vs -> vertex_bound nu theta v <= dot d c v) ->
  norm d c <= m -> spans vs w ->
  correlation n d X nu w <= m * norm d w.
Proof.
  intros Htheta Hc Hm [l [Hl Hw]].
  rewrite (correlation_ext nu w _ Hw), (norm_ext d w _ Hw).
  apply Rle_trans with (dot d c (combination l)).
  - rewrite dot_combination.
    eapply Rle_trans.
    + apply (correlation_le_vertex_bounds nu theta); [exact Htheta|]. intros a Ha. now apply Hl.
    + apply lsum_le. intros a Ha. destruct (Hl a Ha) as [H1 H2].
      apply Rmult_le_compat_l; auto.
  - eapply Rle_trans; [apply cauchy_schwarz|].
    apply Rmult_le_compat_r; [apply norm_nonneg | exact Hm].
Qed.

(** ** Bisection: the cone of v_a, v_b, rest is covered by those of v_a, v_a + v_b, rest and of v_a + v_b, v_b, rest *)

Definition vadd (u v : nat -> R) (j : nat) : R := u j + v j.

(** Coefficients of the two bisected vertices, collected from a combination. *)
Lemma spans_split va vb vs w :
  spans (va :: vb :: vs) w ->
  exists x y l, 0 <= x /\ 0 <= y /\ (forall a, In a l -> 0 <= fst a /\ In (snd a) vs)
    /\ forall j, (j < d)%nat -> w j = x * va j + y * vb j + combination l j.
Proof.
  intros [l [Hl Hw]].
  assert (H : exists x y l', 0 <= x /\ 0 <= y /\ (forall a, In a l' -> 0 <= fst a /\ In (snd a) vs)
    /\ forall j, combination l j = x * va j + y * vb j + combination l' j).
  { clear Hw. induction l as [|[k v] l IH].
    - exists 0, 0, []. repeat split; try lra; try contradiction. intros j. unfold combination. simpl. ring.
    - destruct IH as [x [y [l' [Hx [Hy [Hl' Heq]]]]]]; [intros a Ha; apply Hl; now right|].
      destruct (Hl (k, v) (or_introl eq_refl)) as [Hk Hv]. simpl in Hk, Hv.
      destruct Hv as [->|[->|Hv]].
      + exists (k + x), y, l'. repeat split; try lra; try apply Hl'; auto.
        intros j. unfold combination in *. simpl. rewrite Heq. ring.
      + exists x, (k + y), l'. repeat split; try lra; try apply Hl'; auto.
        intros j. unfold combination in *. simpl. rewrite Heq. ring.
      + exists x, y, ((k, v) :: l'). repeat split; try lra.
        * destruct H as [<-|Ha]; [exact Hk | now apply Hl'].
        * destruct H as [<-|Ha]; [exact Hv | now apply Hl'].
        * intros j. unfold combination in *. simpl. rewrite Heq. ring. }
  destruct H as [x [y [l' [Hx [Hy [Hl' Heq]]]]]].
  exists x, y, l'. repeat split; auto; try apply Hl'; auto.
  intros j Hj. rewrite Hw by exact Hj. apply Heq.
Qed.

Lemma spans_join va vb vs w x y l :
  0 <= x -> 0 <= y -> (forall a, In a l -> 0 <= fst a /\ In (snd a) vs) ->
  (forall j, (j < d)%nat -> w j = x * va j + y * vb j + combination l j) ->
  spans (va :: vb :: vs) w.
Proof.
  intros Hx Hy Hl Hw. exists ((x, va) :: (y, vb) :: l). split.
  - intros a [<-|[<-|Ha]]; simpl; auto. destruct (Hl a Ha); auto.
  - intros j Hj. rewrite Hw by exact Hj. unfold combination. simpl. ring.
Qed.

Theorem bisection_covers va vb vs w :
  spans (va :: vb :: vs) w ->
  spans (va :: vadd va vb :: vs) w \/ spans (vadd va vb :: vb :: vs) w.
Proof.
  intros H. destruct (spans_split va vb vs w H) as [x [y [l [Hx [Hy [Hl Hw]]]]]].
  destruct (Rle_dec y x) as [Hyx|Hyx].
  - left. apply spans_join with (x - y) y l; auto; [lra|].
    intros j Hj. rewrite Hw by exact Hj. unfold vadd. ring.
  - right. apply spans_join with x (y - x) l; auto; [lra|].
    intros j Hj. rewrite Hw by exact Hj. unfold vadd. ring.
Qed.

(** The order of the vertices does not matter. *)
Lemma spans_incl vs vs' w : incl vs vs' -> spans vs w -> spans vs' w.
Proof.
  intros Hi [l [Hl Hw]]. exists l. split; [|exact Hw].
  intros a Ha. destruct (Hl a Ha); auto.
Qed.

(** ** The certificate: a bisection tree with a leaf bound at each end *)

Inductive tree :=
| Leaf (theta c : nat -> R)
| Bisect (left right : tree).

(** [proved nu m vs t]: t proves nu'relu(Xw) <= m ||w|| on the cone of vs; a node bisects two of the vertices, in any position. *)
Inductive proved (nu : nat -> R) (m : R) : list (nat -> R) -> tree -> Prop :=
| proved_leaf vs theta c :
    (forall i, (i < n)%nat -> 0 <= theta i <= 1) ->
    (forall v, In v vs -> vertex_bound nu theta v <= dot d c v) ->
    norm d c <= m -> proved nu m vs (Leaf theta c)
| proved_bisect vs va vb rest vs1 vs2 t1 t2 :
    incl vs (va :: vb :: rest) ->
    incl (va :: vadd va vb :: rest) vs1 -> incl (vadd va vb :: vb :: rest) vs2 ->
    proved nu m vs1 t1 -> proved nu m vs2 t2 -> proved nu m vs (Bisect t1 t2).

Theorem tree_sound nu m vs t :
  proved nu m vs t -> forall w, spans vs w -> correlation n d X nu w <= m * norm d w.
Proof.
  induction 1 as [vs theta c Ht Hc Hm | vs va vb rest vs1 vs2 t1 t2 Hi H1 H2 _ IH1 _ IH2]; intros w Hw.
  - now apply leaf_sound with theta vs c.
  - apply (spans_incl _ _ w Hi) in Hw.
    destruct (bisection_covers va vb rest w Hw) as [Ha|Hb].
    + apply IH1. now apply spans_incl with (va :: vadd va vb :: rest).
    + apply IH2. now apply spans_incl with (vadd va vb :: vb :: rest).
Qed.

(** ** The roots cover the space

    It is enough to cover, for every w, some w' no longer than w with X w' = X w: rank coordinates. *)
Definition covers (roots : list (list (nat -> R))) : Prop :=
  forall w, exists w' vs, In vs roots /\ spans vs w' /\ norm d w' <= norm d w
                          /\ forall i, (i < n)%nat -> row w' i = row w i.

Theorem branch_and_bound_sound roots nu m :
  0 <= m -> covers roots ->
  (forall vs, In vs roots -> exists t, proved nu m vs t) ->
  (forall vs, In vs roots -> exists t, proved (fun i => - nu i) m vs t) ->
  globally_feasible n d X m nu.
Proof.
  intros Hm Hcover Hplus Hminus w Hw.
  destruct (Hcover w) as [w' [vs [Hvs [Hspan [Hnorm Hrow]]]]].
  destruct (Hplus vs Hvs) as [t Ht]. destruct (Hminus vs Hvs) as [t' Ht'].
  assert (H1 := tree_sound nu m vs t Ht w' Hspan).
  assert (H2 := tree_sound (fun i => - nu i) m vs t' Ht' w' Hspan).
  assert (Hsame : correlation n d X nu w = correlation n d X nu w').
  { apply sum_ext. intros i Hi. now rewrite Hrow. }
  assert (Hneg : correlation n d X (fun i => - nu i) w' = - correlation n d X nu w').
  { unfold correlation, sum. rewrite (lsum_ext _ _ (fun i => -1 * (nu i * relu (row w' i)))) by (intros; ring).
    rewrite lsum_scal. ring. }
  assert (m * norm d w' <= m) by (assert (h := norm_nonneg d w'); nra).
  rewrite Hsame. apply Rabs_le. lra.
Qed.

(** The 2^d orthants cover R^d: vertices are +- the unit vectors. *)
Definition unit_vector (k : nat) (s : R) (j : nat) : R := if Nat.eqb j k then s else 0.

Fixpoint orthants (k : nat) : list (list (nat -> R)) :=
  match k with
  | O => [[]]
  | S k' => map (cons (unit_vector k' 1)) (orthants k') ++ map (cons (unit_vector k' (-1))) (orthants k')
  end.

Lemma orthants_span k w : exists vs, In vs (orthants k) /\
  exists l, (forall a, In a l -> 0 <= fst a /\ In (snd a) vs)
    /\ forall j, combination l j = if Nat.ltb j k then w j else 0.
Proof.
  induction k as [|k IH].
  - exists []. split; [now left|]. exists []. split; [contradiction|]. reflexivity.
  - destruct IH as [vs [Hvs [l [Hl Hw]]]].
    set (s := if Rle_dec 0 (w k) then 1 else -1).
    exists (unit_vector k s :: vs). split.
    + simpl. apply in_or_app. unfold s. destruct (Rle_dec 0 (w k)); [left | right]; now apply in_map.
    + exists ((Rabs (w k), unit_vector k s) :: l). split.
      * intros a [<-|Ha]; simpl; [split; [apply Rabs_pos | now left]|]. destruct (Hl a Ha); auto.
      * intros j. unfold combination in *. simpl. rewrite Hw. unfold unit_vector.
        destruct (Nat.eqb_spec j k) as [->|Hne].
        -- rewrite Nat.ltb_irrefl. assert (Nat.ltb k (S k) = true) as -> by (apply Nat.ltb_lt; lia).
           unfold s. destruct (Rle_dec 0 (w k)); [rewrite Rabs_pos_eq by assumption | rewrite Rabs_left by lra]; ring.
        -- assert (Nat.ltb j (S k) = Nat.ltb j k) as ->.
           { destruct (Nat.ltb_spec j (S k)); destruct (Nat.ltb_spec j k); auto; lia. }
           ring.
Qed.

Theorem orthants_cover : covers (orthants d).
Proof.
  intros w. destruct (orthants_span d w) as [vs [Hvs [l [Hl Hw]]]].
  exists w, vs. repeat split; auto; [|lra].
  exists l. split; [exact Hl|]. intros j Hj. rewrite Hw.
  apply Nat.ltb_lt in Hj. now rewrite Hj.
Qed.

(** With the orthants as roots the tree proves the global dual bound of training, for any width. *)
Theorem branch_and_bound_dual_bound y intercept beta c ns nu :
  (0 < n)%nat -> 0 <= beta -> balanced n intercept nu -> constant_allowed intercept c ->
  (forall vs, In vs (orthants d) -> exists t, proved nu (INR n * beta) vs t) ->
  (forall vs, In vs (orthants d) -> exists t, proved (fun i => - nu i) (INR n * beta) vs t) ->
  dual_squares n y nu <= training d X (squares n y) beta c ns.
Proof.
  intros Hn Hbeta Hnu Hc Hp Hm. apply global_dual_bound with intercept; auto.
  apply branch_and_bound_sound with (orthants d); auto.
  - apply Rmult_le_pos; [apply pos_INR | exact Hbeta].
  - apply orthants_cover.
Qed.
End Cones.
