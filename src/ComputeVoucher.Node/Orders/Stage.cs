using System;
using System.Diagnostics.CodeAnalysis;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// How far an order came: to a stage, or to the refusal that ended it. Each stage is a type whose
/// only maker takes the stage before, so that none can be skipped.
/// </summary>
/// <param name="Value">What the stage knows; null when refused.</param>
/// <param name="Refusal">None when the stage was reached.</param>
internal readonly record struct Stage<T>(T? Value, RefusalReason Refusal)
    where T : class
{
    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsReached => Value is not null;

    public static implicit operator Stage<T>(T value) => new(value, RefusalReason.None);

    public static implicit operator Stage<T>(RefusalReason refusal) => new(null, refusal);

    /// <summary>The next stage, unless this one was refused.</summary>
    public Stage<TNext> Then<TNext>(Serving serving, Func<Serving, T, Stage<TNext>> next)
        where TNext : class =>
        IsReached ? next(serving, Value) : Refusal;
}
