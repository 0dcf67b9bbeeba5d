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
    /// <summary>Bytes of proofs in one request, of 2 MB in hexadecimal that anvil takes.</summary>
    private const int BytesMax = 500_000;

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
        if (_bytes + proof.Length > BytesMax)
        {
            await JudgeAsync();
        }

        _cases.Add((run, proof, expected, what));
        _bytes += proof.Length;
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
