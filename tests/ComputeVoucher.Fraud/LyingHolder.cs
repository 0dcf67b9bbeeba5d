using System;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Fraud;

/// <summary>A holder that disputes an honest run: he takes another run for his own, and goes down
/// to where the two differ.</summary>
internal sealed class LyingHolder(CourtMarket market, CheatingNode node, RecordedRun lie)
{
    /// <summary>Opens, picks at every answer, and tries to prove.</summary>
    /// <param name="terms">His channel.</param>
    /// <param name="order">Of it.</param>
    /// <param name="receipt">The honest one.</param>
    /// <param name="told">Of every transaction: what it is, and its receipt.</param>
    /// <returns>Whether the court has refused the proof.</returns>
    public async Task<bool> DisputeAsync(
        ChannelTerms terms, Order order, Receipt receipt,
        Func<string, TransactionReceipt, Task> told)
    {
        Brief brief = new(market.Class, terms, order,
            market.Spender.Sign(order.Digest(market.Domain.VouchersSeparator)));
        await told("dispute", await SendAsync(market.Challenges, ChallengesContract.Open(
            brief, node.Statement(receipt), DisputePurpose.Trace, [], RecordOpening.None)));
        ulong id = await market.Disputes.CountAsync(BlockTag.Latest, default);
        (Matter matter, _) = await node.MatterAsync(id);
        DescentOpener opener = new(lie, RunTree.Trace, receipt.TraceRoot);
        await node.MoveAsync();
        while (opener.Answered(node.LastAnswer) is { } pick)
        {
            await told("pick", await SendAsync(
                market.Disputes.Address, DisputesContract.Pick(
                    id, matter, (uint)pick.Child, pick.Hash, [.. pick.Siblings])));
            await node.MoveAsync();
        }

        try
        {
            await market.SendAsync(market.Holder, market.Disputes.Address,
                DisputesContract.Prove(id, matter, opener.Proof()!));
            return false;
        }
        catch (ChainException refused) when (refused.Fault == ChainFault.Reverted)
        {
            return true;
        }
    }

    /// <summary>Prepays one answer; what is not used comes back.</summary>
    private async Task<TransactionReceipt> SendAsync(Address to, byte[] data)
    {
        UInt256 fee = await market.Disputes.Fees.PrepaidAsync(
            DisputesContract.AnswerGas, BlockTag.Latest, default);
        // The base fee rises by an eighth a block at most.
        return await market.SendAsync(market.Holder, to, data, (fee * 5 / 4).ToUInt128());
    }
}
