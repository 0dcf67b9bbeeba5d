using System;
using System.Globalization;
using ComputeVoucher.Disputes;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>
/// Runs of the orders in dispute, and answers from them. Both are made on workers: of a large model
/// the run keeps hashes alone, and an answer runs it once more.
/// </summary>
/// <param name="records">Runs.</param>
/// <param name="answers">Of a move each.</param>
/// <param name="threads">Of one run.</param>
internal sealed class DisputeRuns(
    Reruns<RecordedRun> records, Reruns<byte[]> answers, int threads)
{
    /// <summary>Bytes of tensors kept of one run: every graph that ships.</summary>
    private const long KeepBytesMax = 64L << 20;

    /// <summary>Null while it is made.</summary>
    /// <param name="what">The order.</param>
    /// <param name="move">Case and state: what is answered.</param>
    /// <param name="answer">From the run, on a worker.</param>
    public byte[]? TryAnswer(Rerun what, string move, Func<RecordedRun, byte[]> answer)
    {
        RecordedRun? run = records.TryGet(
            what, what.Steps.ToString(CultureInfo.InvariantCulture), _ => RecordedRun.Of(
                what.Model, what.Input, what.Steps, threads, KeepBytesMax));
        return run is null ? null : answers.TryGet(what, move, _ => answer(run));
    }

    /// <inheritdoc cref="Reruns{T}.Forget"/>
    public void Forget(in Bytes32 order)
    {
        answers.Forget(order);
        records.Forget(order);
    }
}
