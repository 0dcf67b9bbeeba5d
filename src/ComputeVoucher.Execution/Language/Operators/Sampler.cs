using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution.Language;

/// <summary>Logits → next token, in integers.</summary>
internal static class Sampler
{
    /// <summary>Domain of a draw; beside the tags of trees, models and records.</summary>
    public const byte DrawTag = 0x09;

    /// <summary>round(log2(e)·2^26).</summary>
    private const ulong Log2E = 96_817_625;

    /// <summary>Fraction bits of a weight: the table's 15 and 16 more.</summary>
    private const int ExtraBits = 16;

    /// <summary>Greedy: the lowest id of the largest logit.</summary>
    public static int Greedy(ReadOnlySpan<int> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>
    /// The k best tokens, larger logit first, ties lower id first. One opening refutes a wrong
    /// list: a logit that beats the last one, or two neighbours in the wrong order.
    /// </summary>
    /// <param name="logits">[Vocab].</param>
    /// <param name="ids">[k], k ≤ Vocab.</param>
    /// <param name="values">[k]: their logits.</param>
    public static void Candidates(ReadOnlySpan<int> logits, Span<int> ids, Span<int> values)
    {
        // One sortable number each: the logit above, the id inverted below.
        long[] heap = new long[ids.Length];
        for (int i = 0; i < logits.Length; i++)
        {
            long key = ((long)logits[i] << 32) | (uint)(int.MaxValue - i);
            if (i < heap.Length)
            {
                heap[i] = key;
                if (i == heap.Length - 1)
                {
                    Array.Sort(heap);
                }
            }
            else if (key > heap[0])
            {
                heap[0] = key;
                SiftDown(heap);
            }
        }

        Array.Sort(heap);
        for (int i = 0; i < heap.Length; i++)
        {
            long key = heap[heap.Length - 1 - i];
            values[i] = (int)(key >> 32);
            ids[i] = int.MaxValue - (int)(key & 0xFFFFFFFF);
        }
    }

    /// <summary>
    /// weight_c = rs(T[d mod 1024]·2^16, d / 1024), 0 where d / 1024 &gt; 31, for
    /// d = floor((logit_0 − logit_c)·round(log2(e)·2^26) / (temperature·2^16)), the distance to
    /// the best in the log2 domain, Q.10. Of the c, the shortest head n with
    /// 65536·Σ_n ≥ topP·Σ_k stays. The draw is u = the first 8 bytes (LE) of
    /// keccak(09 ‖ seed u64 LE ‖ step u32 LE); chosen is the first c with Σ_c &gt; u·Σ_n / 2^64.
    /// </summary>
    /// <param name="values">Logits of the candidates, descending.</param>
    /// <param name="options">Not greedy.</param>
    /// <param name="step">1 for the first token produced.</param>
    /// <returns>Index of the chosen candidate.</returns>
    public static int Choose(ReadOnlySpan<int> values, SamplingOptions options, uint step)
    {
        Span<long> sums = stackalloc long[values.Length];
        long sum = 0;
        for (int c = 0; c < values.Length; c++)
        {
            ulong distance = (ulong)((long)values[0] - values[c]) * Log2E /
                ((ulong)options.Temperature << Rounding.FractionBits);
            int whole = (int)Math.Min(distance >> Tables.ScoreFractionBits, 64);
            int entry = (int)(distance & (Tables.ExpEntries - 1));
            sum += whole > 31
                ? 0
                : Rounding.Shift((long)Tables.Exp[entry] << ExtraBits, whole);
            sums[c] = sum;
        }

        int kept = 0;
        while (sums[kept] << Rounding.FractionBits < options.TopP * sum)
        {
            kept++;
        }

        long target = (long)Math.BigMul(Draw(options.Seed, step), (ulong)sums[kept], out _);
        int chosen = 0;
        while (sums[chosen] <= target)
        {
            chosen++;
        }

        return chosen;
    }

    /// <summary>The logit of a candidate.</summary>
    public static long CandidateLogit(TraceReader reader, in TracePlace at, int index)
    {
        long id = reader.Get(at.Of(TraceTensor.Candidates), index);
        return reader.Get(at.Of(TraceTensor.Logits), reader.Within(id, reader.Shape.Vocab));
    }

    /// <summary>The token that the draw of its step takes from the candidates.</summary>
    public static long Drawn(TraceReader reader, in TracePlace at)
    {
        int[] values = new int[reader.Layout.Candidates];
        for (int c = 0; c < values.Length; c++)
        {
            int value = (int)reader.Get(at.Of(TraceTensor.CandidateLogits), c);
            reader.RefuteUnless(c == 0 || value <= values[c - 1]);
            values[c] = c == 0 ? value : Math.Min(value, values[c - 1]);
        }

        RecordHeader record = reader.Layout.Record;
        uint step = (uint)(at.Position - (record.Prompt - 1)) + 1;
        int chosen = Choose(values, record.Sampling, step);
        return reader.Get(at.Of(TraceTensor.Candidates), chosen);
    }

    private static ulong Draw(ulong seed, uint step)
    {
        Span<byte> message = stackalloc byte[13];
        message[0] = DrawTag;
        BinaryPrimitives.WriteUInt64LittleEndian(message[1..], seed);
        BinaryPrimitives.WriteUInt32LittleEndian(message[9..], step);
        return BinaryPrimitives.ReadUInt64LittleEndian(Keccak256.Hash(message).Span);
    }

    /// <summary>Restores a least-first heap after its root changed.</summary>
    private static void SiftDown(long[] heap)
    {
        int at = 0;
        while (2 * at + 1 < heap.Length)
        {
            int child = 2 * at + 1;
            if (child + 1 < heap.Length && heap[child + 1] < heap[child])
            {
                child++;
            }

            if (heap[at] <= heap[child])
            {
                return;
            }

            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }
}
