using System;
using System.Collections.Generic;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary>Contracts that one account creates one after the other, with nothing in between: so
/// each can name those that come later.</summary>
internal static class DeployPlan
{
    /// <summary>Vouchers and Providers, the court's where there is one, the token where it is
    /// wanted.</summary>
    /// <param name="chainId">Of the chain.</param>
    /// <param name="deployer">Who creates them.</param>
    /// <param name="nonce">Of his first transaction.</param>
    /// <param name="block">Before that.</param>
    /// <param name="withCourt">With the contracts of a court.</param>
    /// <param name="withToken">With a stablecoin for development.</param>
    public static DeploymentFile Make(
        ulong chainId, Address deployer, ulong nonce, ulong block, bool withCourt, bool withToken)
    {
        ulong afterVouchers = nonce + 2;
        ulong afterCourt = afterVouchers + (withCourt ? (ulong)CourtAddresses.Count : 0);
        return new DeploymentFile
        {
            ChainId = chainId,
            Providers = CreatedAddress.Of(deployer, nonce),
            Vouchers = CreatedAddress.Of(deployer, nonce + 1),
            Block = block,
            Court = withCourt ? CourtAddresses.Created(deployer, afterVouchers) : null,
            DevToken = withToken ? CreatedAddress.Of(deployer, afterCourt) : null,
            Deployer = deployer,
            Nonce = nonce,
        };
    }

    /// <summary>In the order of their nonces.</summary>
    public static List<DeployStep> Steps(DeploymentFile plan)
    {
        List<DeployStep> steps =
        [
            new("Providers", plan.Providers, () => ContractCode.Of("Providers")),
            new("Vouchers", plan.Vouchers, () => ContractCode.Of("Vouchers", plan.Providers)),
        ];
        if (plan.Court is { } court)
        {
            steps.AddRange(
            [
                new("Registry", court.Registry,
                    () => ContractCode.Of("Registry", court.GraphElements,
                        court.LanguageElements, court.Languages)),
                new("GraphElements", court.GraphElements,
                    () => ContractCode.Of("GraphElements", court.Registry)),
                new("Languages", court.Languages, () => ContractCode.Of("Languages")),
                new("LanguageElements", court.LanguageElements,
                    () => ContractCode.Of("LanguageElements", court.Languages)),
                new("Court", court.Court, () => ContractCode.Of("Court", plan.Vouchers,
                    court.Registry, court.Disputes, court.Contradictions, court.Claims)),
                new("Disputes", court.Disputes, () => ContractCode.Of(
                    "Disputes", court.Court, court.Registry, court.Challenges)),
                new("Challenges", court.Challenges, () => ContractCode.Of(
                    "Challenges", court.Court, court.Registry, court.Disputes)),
                new("Contradictions", court.Contradictions, () => ContractCode.Of(
                    "Contradictions", court.Court, court.Registry)),
                new("Claims", court.Claims, () => ContractCode.Of(
                    "Claims", court.Court, court.Registry)),
            ]);
        }

        if (plan.DevToken is { } token)
        {
            steps.Add(new("DevStablecoin", token, () => ContractCode.Of("DevStablecoin")));
        }

        return steps;
    }
}

/// <summary>One contract of a plan.</summary>
/// <param name="Contract">As the source declares it.</param>
/// <param name="Address">Where it will stand.</param>
/// <param name="Code">Creates it.</param>
internal sealed record DeployStep(string Contract, Address Address, Func<byte[]> Code);
