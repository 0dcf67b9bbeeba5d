using System;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>One account with several users, endpoints that are behind, rows that came to nothing,
/// keys that changed.</summary>
[Trait("Category", "load")]
public sealed class OutboxNonceTests
{
    private const string Replaced = "replacement transaction underpriced";

    [Fact]
    public async Task Foreign_PendingBeforeUs_WaitedForNotOutbid()
    {
        using OutboxRig rig = new();
        rig.Chain.Pending = 1;
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(400);
        Assert.Empty(rig.Chain.Offered);
        Assert.Contains("not outbid", rig.Outbox.Problem, StringComparison.Ordinal);
        Assert.True(rig.Outbox.IsHeld);
        rig.Chain.Nonce = 1;
        await rig.RunAsync(1);
        Assert.False(rig.Outbox.IsHeld);
        Assert.Equal(1UL, Assert.Single(rig.Chain.Offered).Nonce);
        Assert.Null(rig.Outbox.Problem);
    }

    [Fact]
    public async Task Foreign_HiddenUntilTheFirstOffer_NoncePassedOn()
    {
        using OutboxRig rig = new();
        rig.Chain.Refuse = t => t.Nonce == 0 ? Replaced : null;
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(400);
        Assert.Empty(rig.Chain.Pool);
        Assert.Single(rig.Chain.Offered.Select(t => t.MaxPriorityFeePerGas).Distinct());
        Assert.Equal((OutboxState.Intent, null), (rig.Row.State, rig.Row.Nonce));
        Assert.Contains("not outbid", rig.Outbox.Problem, StringComparison.Ordinal);
        rig.Chain.Nonce = rig.Chain.Pending = 1;
        await rig.RunAsync(5);
        Assert.Equal(1UL, rig.Chain.Offered[^1].Nonce);
        Assert.Single(rig.Chain.Pool);
        Assert.Null(rig.Outbox.Problem);
    }

    [Fact]
    public async Task Foreign_PushedOursOut_NotOutbidAndSignedAnewWhenFinal()
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1);
        rig.Chain.Pool.Clear();
        rig.Chain.Refuse = t => t.Nonce == 0 ? Replaced : null;
        await rig.RunAsync(400);
        Assert.Single(rig.Row.Attempts);
        Assert.Contains("not outbid", rig.Outbox.Problem, StringComparison.Ordinal);
        rig.Chain.Nonce = 1;
        await rig.RunAsync(38);
        Assert.Equal(1UL, rig.Row.Nonce);
        Assert.Single(rig.Chain.Pool);
    }

    [Fact]
    public async Task Foreign_InAGap_NotFilledOver()
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Request("a"));
        rig.Chain.Nonce = rig.Chain.Pending = 2;
        await rig.RunAsync(1);
        Assert.Equal(2UL, rig.Chain.Offered[0].Nonce);

        // A reorganisation puts the foreign ones back into the pool.
        rig.Chain.Nonce = 0;
        await rig.RunAsync(20);
        Assert.All(rig.Chain.Offered, t => Assert.Equal(2UL, t.Nonce));

        // And here they are gone for good.
        rig.Chain.Pending = 0;
        await rig.RunAsync(1);
        Assert.Equal([0UL, 1UL], rig.Chain.Offered.Select(t => t.Nonce).Distinct().Order().Take(2));
    }

    [Fact]
    public async Task Foreign_OneOfTwoEndpointsInsists_NotForEver()
    {
        using OutboxRig rig = new(endpoints: 2);
        rig.Chains[1].Pending = 9;
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(299);
        Assert.Empty(rig.Chain.Offered);
        await rig.RunAsync(5);
        Assert.Single(rig.Chain.Pool);
    }

    /// <summary>Nobody has it, so nobody waits for a final block, which may be far away.</summary>
    [Fact]
    public async Task Nonce_OneBehind_SignedAnewWhenAReceiptWouldBeThere()
    {
        using OutboxRig rig = new();
        rig.Chain.NoFinalized = "finalized block not found";
        rig.Chain.Refuse = t =>
        {
            // The count catches up with the pool between two looks.
            rig.Chain.Nonce = rig.Chain.Pending = 1;
            return t.Nonce == 0 ? "nonce too low: next nonce 1, tx nonce 0" : null;
        };
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(30);
        Assert.Empty(rig.Chain.Pool);
        await rig.RunAsync(4);
        Assert.Equal([0UL, 1UL], rig.Chain.Offered.Select(t => t.Nonce).Distinct());
        Assert.Single(rig.Chain.Pool);
        Assert.Null(rig.Outbox.Problem);
    }

    /// <summary>The endpoint took it and says it did not; the count of the block that has it comes
    /// before its receipt.</summary>
    [Fact]
    public async Task Nonce_SpentBeforeTheReceiptIsThere_IsNotPaidForTwice()
    {
        using OutboxRig rig = new(confirmations: 1);
        rig.Chain.Refuse = t =>
        {
            rig.Chain.Nonce = rig.Chain.Pending = 1;
            return "nonce too low";
        };
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(15);
        Assert.Equal(0UL, rig.Row.Nonce);
        rig.Chain.Nonce = 0;
        rig.Chain.Mine(rig.Row.Attempts[0].TxHash, rig.Key.Address, Address.Zero);
        await rig.RunAsync(40);
        Assert.Equal(
            (OutboxState.Final, OutboxOutcome.Succeeded), (rig.Row.State, rig.Row.Outcome));
        Assert.Equal(0UL, Assert.Single(rig.Chain.Offered.Select(t => t.Nonce).Distinct()));
    }

    [Fact]
    public async Task Nonce_BehindForAWhile_SignedAnewWhenTheCountIsRight()
    {
        using OutboxRig rig = new();
        rig.Chain.Refuse = t => t.Nonce == 0 ? "nonce too low" : null;
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(10);
        Assert.Equal(OutboxState.Signed, rig.Row.State);
        rig.Chain.Nonce = rig.Chain.Pending = 1;
        await rig.RunAsync(32);
        Assert.Equal(1UL, rig.Row.Nonce);
        Assert.Single(rig.Chain.Pool);
    }

    /// <summary>The block comes while a pass is under way, at an endpoint that knows no states but
    /// the newest: the nonce is spent by the transaction itself.</summary>
    [Fact]
    public async Task Receipt_OfABlockSinceThePassBegan_IsNoSpentNonce()
    {
        using OutboxRig rig = new(confirmations: 1);
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1);
        bool isMined = false;
        rig.Chain.Asked = method =>
        {
            if (method == "eth_getTransactionCount" && !isMined)
            {
                isMined = true;
                rig.Chain.Mine(rig.Row.Attempts[0].TxHash, rig.Key.Address, Address.Zero);
            }
        };
        await rig.RunAsync(1);
        Assert.True(isMined);
        Assert.Equal((OutboxState.Sent, 0UL), (rig.Row.State, rig.Row.Nonce!.Value));
        Assert.Null(rig.Outbox.Problem);
        await rig.RunAsync(1);
        Assert.Equal(
            (OutboxState.Final, OutboxOutcome.Succeeded), (rig.Row.State, rig.Row.Outcome));
        Assert.Single(rig.Chain.Pool);
    }

    /// <summary>The first endpoint's receipt is always of the block after the head, another one
    /// each time; somebody else spent the nonce.</summary>
    [Fact]
    public async Task Receipt_OfABlockThatNeverComes_KeepsNoSpentNonceOpen()
    {
        using OutboxRig rig = new(confirmations: 1);
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1);
        Bytes32 hash = rig.Row.Attempts[0].TxHash;
        rig.Chain.Nonce = rig.Chain.Pending = 1;
        rig.Chain.Asked = method =>
        {
            if (method == "eth_getTransactionReceipt")
            {
                ulong next = rig.Chain.Head + 1;
                rig.Chain.SetReceipt(hash, $$"""
                    {"transactionHash":"{{hash}}","blockNumber":{{ScriptedChain.Quantity(next)}},
                    "blockHash":"{{Keccak256.Hash(BitConverter.GetBytes(next))}}",
                    "transactionIndex":"0x0","from":"{{Hex.Encode(rig.Key.Address.Span)}}",
                    "to":"{{Hex.Encode(Address.Zero.Span)}}","contractAddress":null,
                    "status":"0x1","gasUsed":"0xc350","effectiveGasPrice":"0x1","logs":[]}
                    """);
            }
        };
        await rig.RunAsync(2, blockEvery: 1);
        Assert.Equal((OutboxState.Sent, 0UL), (rig.Row.State, rig.Row.Nonce));
        await rig.RunAsync(34, blockEvery: 1);
        Assert.Equal(1UL, rig.Row.Nonce);
    }

    [Fact]
    public async Task Receipt_WithoutABlock_IsNotMinedAndHoldsUpNothing()
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Request("a"));
        await rig.RunAsync(1);
        Bytes32 hash = rig.Row.Attempts[0].TxHash;
        rig.Chain.SetReceipt(hash, $$"""
            {"transactionHash":"{{hash}}","blockNumber":null,"blockHash":null}
            """);
        await rig.SubmitAsync(OutboxRig.Request("b"));
        await rig.RunAsync(1);
        Assert.Equal(2, rig.Chain.Pool.Count);
        Assert.Null(rig.Outbox.Problem);

        // Nor does one that cannot be read at all.
        rig.Chain.SetReceipt(hash, "[7]");
        await rig.SubmitAsync(OutboxRig.Request("c"));
        await rig.RunAsync(1);
        Assert.Equal(3, rig.Chain.Pool.Count);
        Assert.NotNull(rig.Outbox.Problem);
    }

    [Fact]
    public async Task Finalized_Absent_MinedAllTheSameAndTheKeyIsNamed()
    {
        using OutboxRig rig = new();
        rig.Chain.NoFinalized = "finalized block not found";
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(2);
        Assert.Null(rig.Outbox.Problem);
        rig.Chain.Mine(rig.Row.Attempts[0].TxHash, rig.Key.Address, Address.Zero);
        OutboxChange mined = await rig.Outbox.RunAsync(
            rig.Row.Id, OutboxState.Mined, TimeSpan.Zero, default);
        Assert.Equal(OutboxOutcome.Succeeded, mined.Entry.Outcome);
        await rig.RunAsync(1);
        Assert.Contains("chain:confirmations", rig.Outbox.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_ByOneWhileTheOtherIsUnheard_CountsAsPublic()
    {
        using OutboxRig rig = new(endpoints: 2);
        rig.Chain.Refuse = _ => Replaced;
        rig.Chains[1].IsMute = true;
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(100);

        // The other may have it: it keeps its nonce, and nothing else is signed in its place.
        Assert.Equal((OutboxState.Sent, 0UL), (rig.Row.State, rig.Row.Nonce!.Value));
        Assert.Single(rig.Row.Attempts);
    }

    [Fact]
    public async Task Needless_BeforeAnythingIsOut_EndsWithoutAnOffer()
    {
        using OutboxRig rig = new();
        rig.Outbox.Judge = _ => new Judgement(true, null, "redeemed already");
        await rig.SubmitAsync(OutboxRig.Redemption());
        OutboxChange ended = Assert.Single(await rig.RunAsync(1));
        Assert.Equal(
            (OutboxState.Abandoned, OutboxOutcome.Cancelled, "redeemed already"),
            (ended.Entry.State, ended.Entry.Outcome, ended.Entry.Note));
        Assert.Empty(rig.Chain.Offered);
    }

    [Fact]
    public async Task Needless_SignedButRefused_EndsAndGivesItsNonceBack()
    {
        using OutboxRig rig = new();
        rig.Chain.Refuse = _ => "insufficient funds";
        await rig.SubmitAsync(OutboxRig.Redemption());
        await rig.RunAsync(3);
        Assert.Equal(OutboxState.Signed, rig.Row.State);
        rig.Outbox.Judge = _ => new Judgement(false, null, "channel closed");
        await rig.RunAsync(1);
        Assert.Equal(OutboxState.Abandoned, rig.Row.State);
        rig.Chain.Refuse = _ => null;
        rig.Outbox.Judge = null;
        int before = rig.Chain.Offered.Count;
        await rig.SubmitAsync(OutboxRig.Request("next"));
        await rig.RunAsync(60);
        Assert.Equal([0UL], rig.Chain.Offered.Skip(before).Select(t => t.Nonce).Distinct());
        Assert.Single(rig.Chain.Pool.Take(1));
    }

    [Fact]
    public async Task Needless_PublicAlready_NeitherEndedNorBumped()
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Redemption());
        await rig.RunAsync(1);
        rig.Outbox.Judge = _ => new Judgement(true, null, "redeemed already");
        await rig.RunAsync(400);
        Assert.Equal(OutboxState.Sent, rig.Row.State);
        Assert.Single(rig.Row.Attempts);
    }

    [Theory]
    [InlineData(1UL, OutboxOutcome.Succeeded)]
    [InlineData(0UL, OutboxOutcome.NoEffect)]
    [InlineData(2UL, OutboxOutcome.NoEffect)]
    public async Task Redemption_ThatMovedNoRow_IsNoSuccess(ulong bitmap, OutboxOutcome expected)
    {
        using OutboxRig rig = new(confirmations: 1);
        await rig.SubmitAsync(OutboxRig.Redemption());
        await rig.RunAsync(1);
        rig.MineRedemption(bitmap);
        await rig.RunAsync(2);
        Assert.Equal((OutboxState.Final, expected), (rig.Row.State, rig.Row.Outcome));
    }

    /// <summary>What the operator asked for first does not stand in the nonces before what may be
    /// lost, and takes no slot from it.</summary>
    [Fact]
    public async Task Ordinary_BesideRedemptions_SignedAfterThem()
    {
        using OutboxRig rig = new();
        OutboxEntry settle = await rig.SubmitAsync(
            OutboxRig.Request("settle") with { Kind = "settle" });
        for (byte i = 1; i < ChainLimits.InFlightMax; i++)
        {
            await rig.SubmitAsync(OutboxRig.Redemption(i));
        }

        await rig.RunAsync(1);
        Assert.Equal(
            (ulong)ChainLimits.InFlightMax - 1,
            rig.Store.List().Single(row => row.Id == settle.Id).Nonce);
        OutboxEntry late = await rig.SubmitAsync(OutboxRig.Request("late"));
        OutboxEntry due = await rig.SubmitAsync(OutboxRig.Redemption(100));
        rig.Chain.Mine(rig.Chain.Pool[0], rig.Key.Address, Address.Zero);
        rig.Chain.Nonce = 1;
        await rig.RunAsync(1);
        Assert.Equal(OutboxState.Sent, rig.Store.List().Single(row => row.Id == due.Id).State);
        Assert.Equal(OutboxState.Intent, rig.Store.List().Single(row => row.Id == late.Id).State);
    }

    [Fact]
    public async Task Unsignable_RevertOrTooMuchGas_Ends()
    {
        using OutboxRig rig = new();
        rig.Chain.Reverts = "execution reverted";
        await rig.SubmitAsync(OutboxRig.Redemption());
        await rig.RunAsync(1);
        rig.Chain.Reverts = null;
        rig.Chain.Gas = 31_000_000;
        await rig.SubmitAsync(OutboxRig.Redemption(2));
        await rig.RunAsync(1);
        Assert.All(rig.Store.List(), e => Assert.Equal(
            (OutboxState.Abandoned, OutboxOutcome.Refused), (e.State, e.Outcome)));
        Assert.Empty(rig.Chain.Offered);
    }

    [Fact]
    public async Task Key_Changed_OldRowShownOfferedAndWatched()
    {
        using OutboxRig rig = new(confirmations: 1);
        await rig.SubmitAsync(OutboxRig.Redemption());
        await rig.RunAsync(1);
        OutboxEntry old = rig.Row;
        using PrivateKey other = PrivateKey.Parse(AnvilProcess.Keys[1]);
        rig.Reopen(other);
        Assert.Equal(old.Id, Assert.Single(rig.Outbox.Open).Id);
        rig.Chain.Nonce = rig.Chain.Pending = 0;
        await rig.RunAsync(100);
        Assert.Contains("former key", rig.Outbox.Problem, StringComparison.Ordinal);
        Assert.Single(rig.Row.Attempts);
        Assert.True(rig.Chain.Offered.Count >= 3);
        rig.MineRedemption(1);
        await rig.RunAsync(2);
        Assert.Equal(
            (OutboxState.Final, OutboxOutcome.Succeeded), (rig.Row.State, rig.Row.Outcome));
        Assert.Empty(rig.Outbox.Open);
    }
}
