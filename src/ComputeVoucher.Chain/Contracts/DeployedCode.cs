using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>What the code of a deployed contract has to be: this build's, with the immutables that
/// its own chain, address and partners give it.</summary>
/// <remarks>Of the code, the build keeps the length, the keccak with zeros for the immutables, and
/// where these stand: the <c>.code</c> files that src/contracts/build.mjs writes. So the
/// instructions are compared as a whole, and every immutable by itself.</remarks>
internal sealed class DeployedCode
{
    // Of the lines of a .code file: name, length, keccak; then the immutables.
    private const int HeadLines = 3;

    private readonly int _length;
    private readonly Bytes32 _hash;

    /// <param name="name">Of the contract.</param>
    /// <param name="address">Where it stands.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="hash">Keccak of the code with zeros for its immutables.</param>
    /// <param name="immutables">Every place of every immutable.</param>
    public DeployedCode(string name, Address address, int length, Bytes32 hash,
        params Immutable[] immutables)
    {
        (_length, _hash) = (length, hash);
        (Name, Address, Immutables) = (name, address, immutables);
    }

    /// <summary>As the source declares it.</summary>
    public string Name { get; }

    public Address Address { get; }

    /// <summary>Every place of every immutable, with the word that has to stand there.</summary>
    public Immutable[] Immutables { get; }

    /// <summary>The contracts of a domain as this build deploys them.</summary>
    public static DeployedCode[] Of(VoucherDomain domain) =>
    [
        Read("Vouchers", domain.Vouchers, name => name switch
        {
            "_metadata" => WordOf(CreatedAddress.Of(domain.Vouchers, 1)),
            "providers" => WordOf(domain.Providers),
            _ => OfEip712(name, domain.Vouchers, domain.VouchersSeparator, domain),
        }),
        Read("Providers", domain.Providers, name =>
            OfEip712(name, domain.Providers, domain.ProvidersSeparator, domain)),
    ];

    /// <summary>The contracts of a court of that domain as this build deploys them.</summary>
    public static DeployedCode[] Of(VoucherDomain domain, CourtAddresses court)
    {
        // By the names of the sources; GraphElements calls the registry what it asks it for.
        Bytes32 ValueOf(string name) => WordOf(name switch
        {
            "vouchers" => domain.Vouchers,
            "providers" => domain.Providers,
            "registry" or "graphs" => court.Registry,
            "graphElements" => court.GraphElements,
            "languages" => court.Languages,
            "languageElements" => court.LanguageElements,
            // Its constructor creates them, as its first and only contract.
            "tables" => CreatedAddress.Of(court.LanguageElements, 1),
            "court" => court.Court,
            "disputes" => court.Disputes,
            "challenges" => court.Challenges,
            "contradictions" => court.Contradictions,
            "claims" => court.Claims,
            _ => throw Unknown(name),
        });
        return
        [
            Read("Registry", court.Registry, ValueOf),
            Read("GraphElements", court.GraphElements, ValueOf),
            Read("Languages", court.Languages, ValueOf),
            Read("LanguageElements", court.LanguageElements, ValueOf),
            Read("Court", court.Court, ValueOf),
            Read("Disputes", court.Disputes, ValueOf),
            Read("Challenges", court.Challenges, ValueOf),
            Read("Contradictions", court.Contradictions, ValueOf),
            Read("Claims", court.Claims, ValueOf),
        ];
    }

    /// <summary>What a contract's code names as its partner, before it is compared.</summary>
    /// <exception cref="ChainException">Misconfigured: not this build's contract.</exception>
    public static Address PartnerIn(
        ReadOnlySpan<byte> code, string contract, Address address, string partner)
    {
        DeployedCode wanted = Read(contract, address, _ => default);
        if (code.Length != wanted._length)
        {
            throw Wrong(wanted.Difference(code)!);
        }

        Immutable one = Array.Find(wanted.Immutables, i => i.Name == partner)
            ?? throw Unknown(partner);
        return new Address(code.Slice(
            one.Offset + Bytes32.Size - Address.Size, Address.Size));
    }

    /// <summary>A contract is not what it has to be.</summary>
    public static ChainException Wrong(string difference) =>
        new(ChainFault.Misconfigured, difference);

    /// <summary>One clause with the remedy on the first thing that is not as it must be; null where
    /// all of it is.</summary>
    public string? Difference(ReadOnlySpan<byte> code)
    {
        const string Other = "it is another contract, or of another release (correct the address, "
            + "or run the release that it was deployed with)";
        if (code.Length != _length)
        {
            return $"{Address} is not this build's {Name}: {code.Length} bytes of code where "
                + $"{_length} are wanted; {Other}";
        }

        byte[] masked = code.ToArray();
        foreach (Immutable one in Immutables)
        {
            masked.AsSpan(one.Offset, Bytes32.Size).Clear();
        }

        if (Keccak256.Hash(masked) != _hash)
        {
            return $"{Address} is not this build's {Name}: as long, with other instructions; "
                + Other;
        }

        foreach (Immutable one in Immutables)
        {
            ReadOnlySpan<byte> found = code.Slice(one.Offset, Bytes32.Size);
            if (!found.SequenceEqual(one.Value.Span))
            {
                return $"{Name} {Address} was deployed with {one.Name} = {Number(found)} where "
                    + $"{Number(one.Value.Span)} is wanted: it serves another chain, address or "
                    + "partner (correct the addresses, or deploy it anew)";
            }
        }

        return null;
    }

    private static string Number(ReadOnlySpan<byte> word) => UInt256.FromBigEndian(word).ToHex();

    private static DeployedCode Read(
        string contract, Address address, Func<string, Bytes32> valueOf)
    {
        using Stream stream = typeof(DeployedCode).Assembly
            .GetManifestResourceStream($"contracts/{contract}.code")
            ?? throw new InvalidOperationException($"this build knows no code of {contract}");
        using StreamReader reader = new(stream);
        string[] lines = reader.ReadToEnd().TrimEnd().Split('\n');
        List<Immutable> immutables = [];
        foreach (string line in lines.AsSpan(HeadLines))
        {
            string[] words = line.Split(' ');
            Bytes32 value = valueOf(words[0]);
            foreach (string offset in words.AsSpan(1))
            {
                immutables.Add(new Immutable(
                    words[0], int.Parse(offset, CultureInfo.InvariantCulture), value));
            }
        }

        return new DeployedCode(
            lines[0], address, int.Parse(lines[1], CultureInfo.InvariantCulture),
            Bytes32.Parse(lines[2]), [.. immutables]);
    }

    /// <summary>By the names of OpenZeppelin's EIP712.sol.</summary>
    private static Bytes32 OfEip712(
        string immutable, Address address, Bytes32 separator, VoucherDomain domain) =>
        immutable switch
        {
            "_cachedChainId" => ((UInt256)domain.ChainId).ToBytes32(),
            "_cachedDomainSeparator" => separator,
            "_cachedThis" => WordOf(address),
            "_hashedName" => Keccak256.Hash(Encoding.UTF8.GetBytes(VoucherDomain.Name)),
            "_hashedVersion" => Keccak256.Hash(Encoding.UTF8.GetBytes(VoucherDomain.Version)),
            "_name" => ShortString(VoucherDomain.Name),
            "_version" => ShortString(VoucherDomain.Version),
            _ => throw Unknown(immutable),
        };

    private static InvalidOperationException Unknown(string immutable) =>
        new($"this build knows no value of the immutable {immutable}");

    private static Bytes32 WordOf(Address address)
    {
        Span<byte> word = stackalloc byte[Bytes32.Size];
        word.Clear();
        address.CopyTo(word[(Bytes32.Size - Address.Size)..]);
        return new Bytes32(word);
    }

    /// <summary>OpenZeppelin's ShortStrings.sol: the text from the left, its length in the last
    /// byte.</summary>
    private static Bytes32 ShortString(string text)
    {
        Span<byte> word = stackalloc byte[Bytes32.Size];
        word.Clear();
        word[^1] = (byte)Encoding.UTF8.GetBytes(text, word[..^1]);
        return new Bytes32(word);
    }
}

/// <summary>One place in a contract's code where an immutable stands.</summary>
/// <param name="name">As the source declares it.</param>
/// <param name="offset">Bytes from the start of the code.</param>
/// <param name="value">The word that has to stand there.</param>
internal sealed class Immutable(string name, int offset, Bytes32 value)
{
    public string Name => name;

    public int Offset => offset;

    public Bytes32 Value { get; } = value;
}
