using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Registry.sol: data of transactions (static), and reads at a block.</summary>
public sealed class RegistryContract
{
    /// <summary>Bytes of a page of an architecture: EIP-170 less the byte that ends it.</summary>
    public const int PageBytes = 24_575;

    private readonly ContractReader _reader;

    public RegistryContract(JsonRpcClient rpc, Address address)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        Address = address;
        _reader = new ContractReader(rpc, address);
    }

    public Address Address { get; }

    /// <summary>Stores a page of an architecture as code, once for all models.</summary>
    public static byte[] Store(ReadOnlySpan<byte> page) =>
        new AbiWriter().WriteBytes(page).ToCall(RegistryAbi.Store.Selector);

    /// <summary>Begins with a graph.</summary>
    /// <param name="pages">keccak256 of each page, all but the last of
    /// <see cref="PageBytes"/>.</param>
    public static byte[] Start(in Bytes32 parametersRoot, ReadOnlySpan<Bytes32> pages) =>
        new AbiWriter()
            .Write(parametersRoot)
            .WriteHashes(pages)
            .ToCall(RegistryAbi.Start.Selector);

    /// <summary>Checks at most so many operators more; the last one admits the model.</summary>
    public static byte[] Proceed(in Bytes32 modelRoot, UInt256 operators) => new AbiWriter()
        .Write(modelRoot)
        .Write(operators)
        .ToCall(RegistryAbi.Proceed.Selector);

    /// <summary>Admits a language model at once.</summary>
    /// <param name="architecture">As its digest hashes it.</param>
    public static byte[] AdmitLanguage(
        in Bytes32 parametersRoot, ReadOnlySpan<byte> architecture) => new AbiWriter()
            .Write(parametersRoot)
            .WriteBytes(architecture)
            .ToCall(RegistryAbi.AdmitLanguage.Selector);

    /// <summary>0 is not admitted, 1 a graph, 2 a language model.</summary>
    public Task<byte> FamilyAsync(Bytes32 modelRoot, BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(
            new AbiWriter().Write(modelRoot).ToCall(RegistryAbi.FamilyOf.Selector),
            1,
            block,
            (ref r) => r.ReadByte(byte.MaxValue),
            cancel);

    /// <summary>Zero where the page is not stored.</summary>
    public Task<Address> PageAsync(Bytes32 digest, BlockTag block, CancellationToken cancel) =>
        _reader.AddressAsync(
            new AbiWriter().Write(digest).ToCall(RegistryAbi.PageOf.Selector), block, cancel);

    /// <summary>Operators that were checked, of how many; (0, 0) where nobody has begun.</summary>
    public Task<(ulong Checked, ulong All)> ProgressAsync(
        Bytes32 modelRoot, BlockTag block, CancellationToken cancel) => _reader.ReadAsync(
            new AbiWriter().Write(modelRoot).ToCall(RegistryAbi.ProgressOf.Selector),
            2,
            block,
            (ref r) => (r.ReadUInt64(), r.ReadUInt64()),
            cancel);

    /// <summary>Units of a run by the registry's word.</summary>
    /// <param name="prompt">Tokens of the prompt; 0 for a graph.</param>
    public Task<UInt256> UnitsAsync(
        Bytes32 modelRoot,
        uint prompt,
        uint steps,
        byte flags,
        BlockTag block,
        CancellationToken cancel) => _reader.NumberAsync(
            new AbiWriter()
                .Write(modelRoot)
                .Write((ulong)prompt)
                .Write((ulong)steps)
                .Write((ulong)flags)
                .ToCall(RegistryAbi.UnitsOf.Selector),
            block,
            cancel);
}

/// <summary>What src/contracts/courts/Registry.sol declares and Chain uses.</summary>
internal static class RegistryAbi
{
    public static readonly ContractFunction Store = new(0xb374012b, "store(bytes)");

    public static readonly ContractFunction Start = new(0xc4975d52, "start(bytes32,bytes32[])");

    public static readonly ContractFunction Proceed = new(0xc4589829, "proceed(bytes32,uint256)");

    public static readonly ContractFunction AdmitLanguage =
        new(0x4eb18181, "admitLanguage(bytes32,bytes)");

    public static readonly ContractFunction FamilyOf = new(0xb067443d, "familyOf(bytes32)");

    public static readonly ContractFunction PageOf = new(0x5fb1f34c, "pageOf(bytes32)");

    public static readonly ContractFunction ProgressOf = new(0x20e9398c, "progressOf(bytes32)");

    public static readonly ContractFunction UnitsOf =
        new(0x789522b2, "unitsOf(bytes32,uint32,uint32,uint8)");
}
