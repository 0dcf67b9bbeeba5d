using System;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>A court with the contracts that belong to it.</summary>
public sealed record CourtAddresses
{
    /// <summary>Contracts of a court.</summary>
    public const int Count = 9;

    public required Address Registry { get; init; }

    public required Address GraphElements { get; init; }

    public required Address Languages { get; init; }

    public required Address LanguageElements { get; init; }

    /// <summary>The one that a class names.</summary>
    public required Address Court { get; init; }

    public required Address Disputes { get; init; }

    public required Address Challenges { get; init; }

    public required Address Contradictions { get; init; }

    public required Address Claims { get; init; }

    /// <summary>Those that an account creates one after the other, in the order of the properties:
    /// they name each other, so their addresses have to be known before the first one stands.
    /// </summary>
    /// <param name="nonce">Of the transaction that creates the registry.</param>
    public static CourtAddresses Created(in Address creator, ulong nonce) => new()
    {
        Registry = CreatedAddress.Of(creator, nonce),
        GraphElements = CreatedAddress.Of(creator, nonce + 1),
        Languages = CreatedAddress.Of(creator, nonce + 2),
        LanguageElements = CreatedAddress.Of(creator, nonce + 3),
        Court = CreatedAddress.Of(creator, nonce + 4),
        Disputes = CreatedAddress.Of(creator, nonce + 5),
        Challenges = CreatedAddress.Of(creator, nonce + 6),
        Contradictions = CreatedAddress.Of(creator, nonce + 7),
        Claims = CreatedAddress.Of(creator, nonce + 8),
    };

    /// <summary>Finds a court's contracts by what stands in its code, and compares all of them with
    /// this build's.</summary>
    /// <param name="codeOf">Code at an address; empty where there is none.</param>
    /// <exception cref="ChainException">Misconfigured: one line with the remedy.</exception>
    public static async Task<CourtAddresses> FindAsync(
        VoucherDomain domain, Address court, Func<Address, Task<byte[]>> codeOf)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(codeOf);
        byte[] code = await codeOf(court).ConfigureAwait(false);
        Address Named(string contract, string partner) =>
            DeployedCode.PartnerIn(code, contract, court, partner);
        CourtAddresses found = new()
        {
            Court = court,
            Registry = Named("Court", "registry"),
            Disputes = Named("Court", "disputes"),
            Contradictions = Named("Court", "contradictions"),
            Claims = Named("Court", "claims"),
            Challenges = default,
            GraphElements = default,
            Languages = default,
            LanguageElements = default,
        };
        (court, code) = (found.Disputes, await codeOf(found.Disputes).ConfigureAwait(false));
        found = found with { Challenges = Named("Disputes", "challenges") };
        (court, code) = (found.Registry, await codeOf(found.Registry).ConfigureAwait(false));
        found = found with
        {
            GraphElements = Named("Registry", "graphElements"),
            Languages = Named("Registry", "languages"),
            LanguageElements = Named("Registry", "languageElements"),
        };
        foreach (DeployedCode contract in DeployedCode.Of(domain, found))
        {
            code = await codeOf(contract.Address).ConfigureAwait(false);
            if (contract.Difference(code) is { } difference)
            {
                throw DeployedCode.Wrong(difference);
            }
        }

        return found;
    }
}
