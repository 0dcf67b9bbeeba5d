using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>A redemption that a contract made, its rows in no transaction's data: the event of the
/// escrow names them, for the holder who wants his money back and for the node that follows.
/// </summary>
[Trait("Category", "load")]
public sealed class HiddenRedemptionTests(VouchersFixture chain) : IClassFixture<VouchersFixture>
{
    private const ulong Units = 1_000_000_000;

    /// <summary>Base units for as many, at the class's price.</summary>
    private const ulong Paid = 2_000_000;

    [AnvilFact(NeedsContracts = true)]
    public async Task RowsOfAContractsRedemption_AreFound_AndRefunded()
    {
        VoucherClass terms = chain.Class with { Court = chain.Deployer.Address };
        await chain.SendAsync(chain.Holder, chain.Vouchers.Address,
            VouchersContract.Mint(terms, 10 * Units, chain.Holder.Address));
        using PrivateKey node = await chain.NewNodeAsync();
        List<RedeemRow> rows = [];
        List<ChannelTerms> channels = [];
        for (int i = 0; i < 2; i++)
        {
            ChannelTerms channel = chain.NewTerms(node) with { ClassId = terms.HashStruct() };
            channels.Add(channel);
            await chain.SendAsync(chain.Holder, chain.Vouchers.Address,
                VouchersContract.Open(terms, channel, 2 * Units));
            (Ack ack, Signature signature) = chain.Acknowledge(channel, Units);
            rows.Add(RedeemRow.From(channel, ack, signature));
        }

        MemoryMirrorStore store = new();
        ChannelMirror mirror = new(chain.Rpc, chain.Vouchers, store, node.Address,
            new MirrorOptions
            {
                Confirmations = 1,
                RereadEvery = default,
                Providers = chain.Providers.Address,
            });
        await StepAsync(mirror);
        Assert.Equal(UInt128.Zero, store.Row(channels[1].HashStruct()).Redeemed);

        Address hiding = (await chain.SendAsync(chain.Deployer, null, HidingContract.Creation))
            .ContractAddress!.Value;
        await chain.SendAsync(chain.Deployer, hiding, HidingContract.Call(
            chain.Vouchers.Address,
            VouchersContract.RedeemBatch(terms, node.Address, [.. rows])));
        await StepAsync(mirror);
        Assert.All(channels, channel =>
            Assert.Equal((UInt128)Units, store.Row(channel.HashStruct()).Redeemed));

        EscrowedRow row = Assert.Single(await RowsAsync(terms, channels[1]));
        Assert.Equal((1UL, (UInt128)Paid), (row.Row, row.Amount));
        BlockHeader head = await HeadAsync();
        Assert.Equal(row.Batch.Records, await EscrowedRows.RecordsAsync(
            chain.Rpc, chain.Vouchers.Address, row.Batch.BatchId, 0, head, default));
        Assert.Null(await EscrowedRows.RecordsAsync(
            chain.Rpc, chain.Vouchers.Address, row.Batch.BatchId + 1, 0, head, default));

        await chain.SendAsync(chain.Deployer, chain.Vouchers.Address,
            Refund(terms, channels[1], row, Paid / 4));
        Assert.Equal(
            (UInt128)(Paid - Paid / 4), Assert.Single(await RowsAsync(terms, channels[1])).Amount);
        await chain.Anvil.RpcAsync(
            "evm_increaseTime", $"{row.Batch.MaturesAt - head.Timestamp}");
        await chain.Anvil.MineAsync();
        Assert.Empty(await RowsAsync(terms, channels[1]));
    }

    private async Task<List<EscrowedRow>> RowsAsync(
        VoucherClass terms, ChannelTerms channel) => await EscrowedRows.ReadAsync(chain.Rpc,
            chain.Vouchers.Address, terms, channel.HashStruct(), 0, await HeadAsync(), default);

    private async Task<BlockHeader> HeadAsync() =>
        (await chain.Rpc.BlockAsync(BlockTag.Latest, default))!;

    private static async Task StepAsync(ChannelMirror mirror)
    {
        await mirror.StepAsync(default);
        Assert.Null(mirror.Problem);
    }

    /// <summary>IVouchers.refund.</summary>
    private static byte[] Refund(
        VoucherClass terms, ChannelTerms channel, EscrowedRow row, ulong amount)
    {
        string spend = VouchersAbi.Spend.Signature;
        string types = spend[(spend.IndexOf('(') + 1)..spend.LastIndexOf(',')];
        return new AbiWriter().Write(terms).Write(channel).Write(row.Batch.BatchId)
            .Write(row.Row).Write(amount).WriteBytes(row.Batch.Records)
            .ToCall(FunctionSelector.Of($"refund({types},uint256,uint256,uint128,bytes)"));
    }
}
