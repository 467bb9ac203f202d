"""Stripe on loopback: customers, meters, subscriptions, invoices, cards and events, as the vendor's own SDK expects."""

from fleet_tui.emulator.stripe.server import StripeEmulator

__all__ = ["StripeEmulator"]
