using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>Court.sol: data of transactions (static), and reads at a block.</summary>
/// <remarks>Reads throw <see cref="ChainException"/>; an answer that is not what the ABI says is
/// Malformed.</remarks>
public sealed class CourtContract
{
    private readonly ContractReader _reader;

    public CourtContract(JsonRpcClient rpc, Address address)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        Address = address;
        _reader = new ContractReader(rpc, address);
    }

    public Address Address { get; }

    /// <summary>In place of a watcher: everybody may act for the channel (Files.EVERYBODY).
    /// </summary>
    public static Address Everybody => Address.Zero;

    /// <summary>The channel's holder lets a watcher act for it, or no longer.</summary>
    public static byte[] Appoint(in ChannelTerms channel, Address watcher, bool isOn) =>
        new AbiWriter()
            .Write(channel)
            .Write(watcher)
            .Write(isOn)
            .ToCall(CourtAbi.Appoint.Selector);

    /// <summary>Records that a contract signed an order or a Cancel, for good.</summary>
    public static byte[] Record(
        Address signer, in Bytes32 structHash, ReadOnlySpan<byte> signature) => new AbiWriter()
            .Write(signer)
            .Write(structHash)
            .WriteBytes(signature)
            .ToCall(CourtAbi.Record.Selector);

    /// <summary>Moves escrow of a convicted order back to the channel's holder; anyone may.
    /// </summary>
    /// <param name="amount">Token base units.</param>
    /// <param name="records">Of the batch, as BatchEscrowed has them.</param>
    public static byte[] Refund(
        in VoucherClass terms,
        in ChannelTerms channel,
        ulong seq,
        ulong batchId,
        ulong row,
        UInt128 amount,
        ReadOnlySpan<byte> records) => new AbiWriter()
            .Write(terms)
            .Write(channel)
            .Write(seq)
            .Write(batchId)
            .Write(row)
            .Write(amount)
            .WriteBytes(records)
            .ToCall(CourtAbi.Refund.Selector);

    /// <summary>A receipt of fewer steps for an order that a claim charged more for.</summary>
    public static byte[] ShowSmaller(in Brief brief, in SignedStatement smaller) =>
        new AbiWriter().Write(brief).Write(smaller).ToCall(CourtAbi.ShowSmaller.Selector);

    /// <summary>Another receipt of a convicted order: what it charges becomes refundable where that
    /// is more; anyone may.</summary>
    public static byte[] ShowReceipt(in Brief brief, in SignedStatement receipt) =>
        new AbiWriter().Write(brief).Write(receipt).ToCall(CourtAbi.ShowReceipt.Selector);

    /// <summary>Pays a channel's part of the reporter's share, once it is final.</summary>
    public static byte[] CollectShare(
        Address node, Address token, uint generation, in Bytes32 channel) => new AbiWriter()
            .Write(node)
            .Write(token)
            .Write((ulong)generation)
            .Write(channel)
            .ToCall(CourtAbi.CollectShare.Selector);

    public Task<CaseState> CaseAsync(
        Bytes32 channel, ulong seq, BlockTag block, CancellationToken cancel) => _reader.ReadAsync(
            new AbiWriter().Write(channel).Write(seq).ToCall(CourtAbi.CaseOf.Selector),
            12,
            block,
            (ref r) => r.ReadCase(),
            cancel);

    /// <summary>Whether a node was convicted here of an order in a token.</summary>
    public Task<bool> CondemnedAsync(
        Address node, Address token, BlockTag block, CancellationToken cancel) =>
        _reader.BoolAsync(
            new AbiWriter().Write(node).Write(token).ToCall(CourtAbi.Condemned.Selector),
            block,
            cancel);

    /// <summary>Whether a node was convicted by proof or silence: nobody waits for it any more.
    /// </summary>
    public Task<bool> FallenAsync(Address node, BlockTag block, CancellationToken cancel) =>
        _reader.BoolAsync(
            new AbiWriter().Write(node).ToCall(CourtAbi.Fallen.Selector), block, cancel);

    /// <summary>Whether an account may act for a channel: holder, spend key, or appointed.
    /// </summary>
    public Task<bool> MayActAsync(
        in ChannelTerms channel, Address who, BlockTag block, CancellationToken cancel) =>
        _reader.BoolAsync(
            new AbiWriter()
                .Write(channel)
                .Write(channel.HashStruct())
                .Write(who)
                .ToCall(CourtAbi.MayAct.Selector),
            block,
            cancel);

    /// <summary>Generation of the disputes that are opened against a node now.</summary>
    public Task<uint> GenerationAsync(Address node, BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(
            new AbiWriter().Write(node).ToCall(CourtAbi.GenerationOf.Selector),
            1,
            block,
            (ref r) => r.ReadUInt32(),
            cancel);

    /// <summary>A channel's part of it; without a weight once collected.</summary>
    public Task<RewardShare> ShareAsync(
        Address node,
        Address token,
        uint generation,
        Bytes32 channel,
        BlockTag block,
        CancellationToken cancel) => _reader.ReadAsync(
            new AbiWriter()
                .Write(BondKey(node, token))
                .Write((ulong)generation)
                .Write(channel)
                .ToCall(CourtAbi.Share.Selector),
            5,
            block,
            (ref r) => new RewardShare(
                r.ReadAddress(),
                r.ReadUInt128(),
                r.ReadUInt128(),
                r.ReadUInt64(),
                r.ReadUInt32()),
            cancel);

    /// <summary>The contracts that decide, and the registry, as the court names them.</summary>
    public async Task<CourtParts> PartsAsync(BlockTag block, CancellationToken cancel) => new(
        await AddressAsync(CourtAbi.Registry, block, cancel).ConfigureAwait(false),
        await AddressAsync(CourtAbi.Disputes, block, cancel).ConfigureAwait(false),
        await AddressAsync(CourtAbi.Contradictions, block, cancel).ConfigureAwait(false),
        await AddressAsync(CourtAbi.Claims, block, cancel).ConfigureAwait(false));

    /// <summary>Rewards.sol and Deliveries.sol: the name of a bond in front of this court.
    /// </summary>
    private static Bytes32 BondKey(Address node, Address token) =>
        Keccak256.Hash(new AbiWriter().Write(node).Write(token).ToArray());

    private Task<Address> AddressAsync(
        ContractFunction function, BlockTag block, CancellationToken cancel) =>
        _reader.AddressAsync(new AbiWriter().ToCall(function.Selector), block, cancel);
}

/// <summary>The contracts that a court was deployed with.</summary>
public readonly record struct CourtParts(
    Address Registry, Address Disputes, Address Contradictions, Address Claims);

/// <summary>What src/contracts/courts/Court.sol declares and Chain uses.</summary>
internal static class CourtAbi
{
    public static readonly ContractFunction Appoint =
        new(0xeb77851e, $"appoint({VouchersAbi.ChannelType},address,bool)");

    public static readonly ContractFunction Record =
        new(0x81def29b, "record(address,bytes32,bytes)");

    public static readonly ContractFunction Refund = new(
        0x06e53a90,
        $"refund({VouchersAbi.ClassType},{VouchersAbi.ChannelType},uint64,uint256,uint256,uint128,"
            + "bytes)");

    public static readonly ContractFunction ShowSmaller = new(
        0x83700309, $"showSmaller({CourtStructs.BriefType},{CourtStructs.StatementType})");

    public static readonly ContractFunction ShowReceipt = new(
        0x20c62f72, $"showReceipt({CourtStructs.BriefType},{CourtStructs.StatementType})");

    public static readonly ContractFunction CollectShare =
        new(0x397dccc8, "collectShare(address,address,uint24,bytes32)");

    public static readonly ContractFunction CaseOf = new(0xa65618d9, "caseOf(bytes32,uint64)");

    public static readonly ContractFunction Condemned =
        new(0x1443954f, "condemnedIn(address,address)");

    public static readonly ContractFunction Fallen = new(0xfaa5131e, "fallen(address)");

    public static readonly ContractFunction MayAct =
        new(0x42f024c0, $"mayAct({VouchersAbi.ChannelType},bytes32,address)");

    public static readonly ContractFunction GenerationOf = new(0xa904eac3, "generationOf(address)");

    public static readonly ContractFunction Share =
        new(0xcde9590a, "share(bytes32,uint24,bytes32)");

    public static readonly ContractFunction Registry = new(0x7b103999, "registry()");

    public static readonly ContractFunction Disputes = new(0xd4c5b252, "disputes()");

    public static readonly ContractFunction Contradictions = new(0xf61cd1bb, "contradictions()");

    public static readonly ContractFunction Claims = new(0xdcc59b6f, "claims()");

    public static readonly ContractEvent Appointed = new(
        "3b44682149c64af94b60089aeee1d39934b18b44b63b0977e762eeb0cbb2e79f",
        "Appointed(bytes32,address,bool)");

    public static readonly ContractEvent Claimed = new(
        "26a3f49f2e25b9a0284b63b8a24bb6a99b9c80700f22c36378ae8d16e8e732fe",
        "Claimed(bytes32,uint64,uint256,uint256)");

    public static readonly ContractEvent Convicted = new(
        "bf9353a1650c8e75962e3557d2f0b489bd159ab74bed21b6cbe963d26291f8df",
        "Convicted(bytes32,uint64,address,uint256)");

    public static readonly ContractEvent Refundable = new(
        "7c9c58fba841c9f365304b9b5930b0ea12523de3fc23d558feda14f53404f368",
        "Refundable(bytes32,uint64,uint256)");

    public static readonly ContractEvent Moved = new(
        "fbf51f7d4fa448f2ff36add1521e48a6aef30f9cd52d47427f0c989a0dd46baa",
        "Moved(bytes32,uint64,uint256,uint256)");

    public static readonly ContractEvent ShareCollected = new(
        "cefebfd0486af486295b5279fd0ff0a60ac59a371feb167562649ae6e42f90ce",
        "ShareCollected(bytes32,address,uint256)");
}
