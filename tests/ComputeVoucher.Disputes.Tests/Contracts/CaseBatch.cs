using System;
using System.Collections.Generic;
using System.Threading.Tasks;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>
/// Proofs that the contract has to judge as expected, put before it many at a time: one call of its
/// own for each would take longer than the judgement.
/// </summary>
internal sealed class CaseBatch(CourtChain chain)
{
    /// <summary>Bytes in one request, before hexadecimal makes two of each: anvil takes 2 MB.
    /// </summary>
    private const int BytesMax = 500_000;

    /// <summary>Of a call beside its proof: the run, and JSON.</summary>
    private const int CallBytes = 600;

    private readonly List<(ChainRun Run, byte[] Proof, bool? Expected, string What)> _cases = [];
    private int _bytes;

    /// <summary>Cases that were judged as expected.</summary>
    public int Judged { get; private set; }

    /// <summary>One case more.</summary>
    /// <param name="run">What was signed.</param>
    /// <param name="proof">Of an element.</param>
    /// <param name="expected">Whether it convicts; null where it is refused.</param>
    /// <param name="what">For the message where it is judged otherwise.</param>
    public async Task AddAsync(ChainRun run, byte[] proof, bool? expected, string what)
    {
        if (_bytes + CallBytes + proof.Length > BytesMax)
        {
            await JudgeAsync();
        }

        _cases.Add((run, proof, expected, what));
        _bytes += CallBytes + proof.Length;
    }

    /// <summary>Judges those that wait.</summary>
    public async Task JudgeAsync()
    {
        bool?[] verdicts = await chain.ContradictAsync(
            _cases.ConvertAll(c => (c.Run, c.Proof)));
        for (int i = 0; i < verdicts.Length; i++)
        {
            (ChainRun run, byte[] proof, bool? expected, string what) = _cases[i];
            Assert.True(
                verdicts[i] == expected,
                $"{what}: {verdicts[i]}, not {expected}: {run.Model}, {run.Trace}, "
                    + Convert.ToHexString(proof));
        }

        Judged += _cases.Count;
        _cases.Clear();
        _bytes = 0;
    }
}
