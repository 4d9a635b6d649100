"""What all forms of the pages share."""

from django import forms

from registry.web.forms import Form


class NameForm(Form):
    name = forms.CharField(label="Name")


def test_a_label_stands_above_its_field_without_a_colon():
    assert '<label for="id_name">Name</label>' in NameForm()["name"].as_field_group()
